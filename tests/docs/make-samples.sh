#!/usr/bin/env bash
# make-samples.sh WRITE_TINY_MODEL: writes into the current folder what the commands in the documentation name: models,
# data and texts. All of it is small and made up, so that every command takes a second.
set -euo pipefail
write_tiny_model=$1

"$write_tiny_model" my-model
mkdir -p my-demo && cp -r my-model my-demo/skimmed
"$write_tiny_model" my-squad question-answering
"$write_tiny_model" my-genres multi-label-classification
"$write_tiny_model" my-reranker reranking
"$write_tiny_model" my-masked masked-language-modelling
mkdir squad
cat >squad/dev-v2.0.json <<'JSON'
{"version": "v2.0", "data": [{"title": "Films", "paragraphs": [
  {"context": "a charming journey, a very good film with a great ending", "qas": [
    {"id": "q1", "question": "what was great?", "is_impossible": false,
     "answers": [{"text": "a great ending", "answer_start": 42}]},
    {"id": "q2", "question": "was it flat?", "is_impossible": true, "answers": []}]}]}]}
JSON
mkdir my-encoder && cp my-model/vocab.txt my-encoder
cat >my-encoder/config.json <<JSON
{
  "model_type": "bert",
  "vocab_size": $(wc -l <my-model/vocab.txt),
  "hidden_size": 32,
  "num_hidden_layers": 3,
  "num_attention_heads": 4,
  "intermediate_size": 64,
  "max_position_embeddings": 64,
  "type_vocab_size": 2
}
JSON
# A dense checkpoint as people have it, without our settings.
cp -r my-encoder my-bert && cp my-model/model.safetensors my-bert
cp -r my-bert my-embedder && mkdir my-embedder/1_Pooling
echo '{"word_embedding_dimension": 32, "pooling_mode_mean_tokens": true}' >my-embedder/1_Pooling/config.json
cat >my-embedder/modules.json <<'JSON'
[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
 {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]
JSON

# reviews SEED ROWS SEPARATOR: rows of text and label; one word of the text decides.
reviews() {
  awk -v seed="$1" -v rows="$2" -v separator="$3" 'BEGIN {
    srand(seed)
    split("great good charming flat dull bad", deciding, " ")
    split("the story|a very very long film|it is the ending of the movie and the film", before, "|")
    split("and it was a journey|of the movie|was it not the ending of a journey and of a story", after, "|")
    for (row = 0; row < rows; ++row) {
      word = 1 + int(6 * rand())
      text = before[1 + int(3 * rand())] " " deciding[word] " " after[1 + int(3 * rand())]
      print text separator (word <= 3 ? 1 : 0)
    }
  }'
}

named() { sed -e 's/,1$/,positive/' -e 's/,0$/,negative/'; }
{ echo text,label; reviews 1 400 , | named; } >reviews.csv
# With a word more, so that none of them is among the others.
{ echo text,label; reviews 2 100 , | sed 's/,/ film,/' | named; } >dev.csv
mkdir -p glue/SST-2
{ printf 'sentence\tlabel\n'; reviews 3 400 $'\t'; } >glue/SST-2/train.tsv
{ printf 'sentence\tlabel\n'; reviews 4 100 $'\t'; } >glue/SST-2/dev.tsv

printf 'it seems hidden fees on the card . today double payment deducted .\nthe parcel arrived damaged .\n' >messages.txt

# Text without labels, in three formats.
mkdir articles
cat >articles/wiki_00 <<'TEXT'
<doc id="1" title="Journey">
Journey

A journey is a way from a place to another place, and the story of a journey is a story of places.
</doc>
<doc id="2" title="Film">
Film

A film is a story in pictures. The ending of a film is often the ending of its journey.
</doc>
TEXT
printf 'A charming film, with a charming ending.<br />The story is flat.\n' >articles/review.txt
printf '{"text": "Films and journeys: the pictures of another place."}\n' >notes.jsonl
