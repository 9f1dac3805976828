#include "model_files/tokenizers/settings/tokenizer_class.h"

#include <algorithm>
#include <array>

namespace transkimmer {
namespace {

struct NamedClass {
  std::string_view name;
  TokenizerClass what;
};

using enum TokenizerFamily;

constexpr std::array kKnown = {
    NamedClass{"BertTokenizer", {bert, true}},
    NamedClass{"ConvBertTokenizer", {bert, true}},
    NamedClass{"DistilBertTokenizer", {bert, false}},
    NamedClass{"DPRContextEncoderTokenizer", {bert, true}},
    NamedClass{"DPRQuestionEncoderTokenizer", {bert, true}},
    NamedClass{"ElectraTokenizer", {bert, true}},
    NamedClass{"LayoutLMTokenizer", {bert, true}},
    NamedClass{"LxmertTokenizer", {bert, true}},
    NamedClass{"MobileBertTokenizer", {bert, true}},
    NamedClass{"RealmTokenizer", {bert, true}},
    NamedClass{"RetriBertTokenizer", {bert, false}},
    NamedClass{"SqueezeBertTokenizer", {bert, true}},
    NamedClass{"BartTokenizer", {roberta, false}},
    NamedClass{"LEDTokenizer", {roberta, false}},
    NamedClass{"LongformerTokenizer", {roberta, false}},
    NamedClass{"MvpTokenizer", {roberta, false}},
    NamedClass{"RobertaTokenizer", {roberta, false}},
    NamedClass{"BertTokenizerLegacy", {bert, false}},
    NamedClass{"DPRReaderTokenizer", {bert, false}},
    // WordPiece or byte-level BPE with a layout, or names, that only their tokenizer.json tells.
    NamedClass{"BlenderbotTokenizer", {described, false, true}},
    NamedClass{"CodeGenTokenizer", {described, false, true}},
    NamedClass{"DebertaTokenizer", {described, true, true}},
    NamedClass{"FunnelTokenizer", {described, false, true}},
    NamedClass{"GPT2Tokenizer", {described, false, true}},
    NamedClass{"GPTNeoXTokenizer", {described, false, true}},
    NamedClass{"LayoutLMv2Tokenizer", {described, true, true}},
    NamedClass{"LayoutLMv3Tokenizer", {described, false, true}},
    NamedClass{"LukeTokenizer", {described, false, true}},
    NamedClass{"MarkupLMTokenizer", {described, true, true}},
    NamedClass{"MPNetTokenizer", {described, false, true}},
    NamedClass{"SplinterTokenizer", {described, false, true}},
    NamedClass{"WhisperTokenizer", {described, false, true}},
    // Unigram, or BPE of another kind, likewise.
    NamedClass{"AlbertTokenizer", {described, false, true}},
    NamedClass{"BarthezTokenizer", {described, false, true, false}},
    NamedClass{"BigBirdTokenizer", {described, false, true, false}},
    NamedClass{"CamembertTokenizer", {described, false, true, false}},
    NamedClass{"CLIPTokenizer", {described, false, true, false}},
    NamedClass{"CodeLlamaTokenizer", {described, false, true, false}},
    NamedClass{"CohereTokenizer", {described, false, true, false}},
    NamedClass{"DebertaV2Tokenizer", {described, true, true}},
    NamedClass{"FNetTokenizer", {described, true, true}},
    NamedClass{"GemmaTokenizer", {described, false, true, false}},
    NamedClass{"HerbertTokenizer", {described, false, true, false}},
    NamedClass{"LayoutXLMTokenizer", {described, false, true, false}},
    NamedClass{"MBartTokenizer", {described, false, true, false}},
    NamedClass{"MBart50Tokenizer", {described, false, true, false}},
    NamedClass{"MT5Tokenizer", {described, false, true, false}},
    NamedClass{"NllbTokenizer", {described, false, true, false}},
    NamedClass{"NougatTokenizer", {described, false, true, false}},
    NamedClass{"OpenAIGPTTokenizer", {described, false, true, false}},
    NamedClass{"PegasusTokenizer", {described, false, true, false}},
    NamedClass{"Qwen2Tokenizer", {described, false, true, false}},
    NamedClass{"ReformerTokenizer", {described, false, true, false}},
    NamedClass{"T5Tokenizer", {described, false, true, false}},
    NamedClass{"UdopTokenizer", {described, false, true, false}},
    NamedClass{"XGLMTokenizer", {described, false, true, false}},
    NamedClass{"XLMRobertaTokenizer", {described, false, true, false}},
    NamedClass{"XLNetTokenizer", {described, false, true, false}},
};

/// Classes of transformers, of 5.24 or before, that cut words by rules of their own or run code in Python, be
/// it SentencePiece's. What transformers makes of texts is not what a tokenizer.json beside them says.
/// LlamaTokenizer is none of these: where there is a byte-level tokenizer.json transformers goes by that.
constexpr auto kOwnAlgorithms = std::to_array<std::string_view>({"BartphoTokenizer",
                                                                 "BertGenerationTokenizer",
                                                                 "BertJapaneseTokenizer",
                                                                 "BertweetTokenizer",
                                                                 "BioGptTokenizer",
                                                                 "BlenderbotSmallTokenizer",
                                                                 "ByT5Tokenizer",
                                                                 "CanineTokenizer",
                                                                 "ClvpTokenizer",
                                                                 "CpmAntTokenizer",
                                                                 "CpmTokenizer",
                                                                 "CTRLTokenizer",
                                                                 "DiaTokenizer",
                                                                 "ErnieMTokenizer",
                                                                 "EsmcTokenizer",
                                                                 "EsmTokenizer",
                                                                 "FastSpeech2ConformerTokenizer",
                                                                 "FlaubertTokenizer",
                                                                 "FSMTTokenizer",
                                                                 "GPTNeoXJapaneseTokenizer",
                                                                 "GPTSanJapaneseTokenizer",
                                                                 "GPTSw3Tokenizer",
                                                                 "JukeboxTokenizer",
                                                                 "LasrTokenizer",
                                                                 "M2M100Tokenizer",
                                                                 "MarianTokenizer",
                                                                 "MgpstrTokenizer",
                                                                 "MLukeTokenizer",
                                                                 "MyT5Tokenizer",
                                                                 "ParakeetTokenizer",
                                                                 "PerceiverTokenizer",
                                                                 "PhobertTokenizer",
                                                                 "PLBartTokenizer",
                                                                 "Pop2PianoTokenizer",
                                                                 "ProphetNetTokenizer",
                                                                 "Qwen3_5Tokenizer",
                                                                 "RagTokenizer",
                                                                 "RemBertTokenizer",
                                                                 "RoCBertTokenizer",
                                                                 "RoFormerTokenizer",
                                                                 "SeamlessM4TTokenizer",
                                                                 "Siglip2Tokenizer",
                                                                 "SiglipTokenizer",
                                                                 "Speech2Text2Tokenizer",
                                                                 "Speech2TextTokenizer",
                                                                 "SpeechT5Tokenizer",
                                                                 "TapasTokenizer",
                                                                 "TapexTokenizer",
                                                                 "Tipsv2Tokenizer",
                                                                 "TransfoXLTokenizer",
                                                                 "VideoPrismTokenizer",
                                                                 "VitsTokenizer",
                                                                 "Wav2Vec2CTCTokenizer",
                                                                 "Wav2Vec2PhonemeCTCTokenizer",
                                                                 "Wav2Vec2Tokenizer",
                                                                 "XLMProphetNetTokenizer",
                                                                 "XLMTokenizer",
                                                                 "XLNetTokenizer"});

}  // namespace

TokenizerClass tokenizer_class_named(std::string_view name) {
  constexpr std::string_view kFast = "Fast";
  if (name.ends_with(kFast)) name.remove_suffix(kFast.size());
  for (const NamedClass& known : kKnown)
    if (name == known.name) return known.what;
  const bool own = std::find(kOwnAlgorithms.begin(), kOwnAlgorithms.end(), name) != kOwnAlgorithms.end();
  return {own ? other : described, true};
}

}  // namespace transkimmer
