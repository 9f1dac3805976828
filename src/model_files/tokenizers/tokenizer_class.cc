#include "model_files/tokenizers/tokenizer_class.h"

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
};

/// Classes of transformers, of 5.24 or before, with neither WordPiece as BERT has it nor byte-level BPE:
/// pieces of SentencePiece, words cut by rules of their own, or code in Python. What transformers makes of
/// texts is not what a tokenizer.json beside them says. LlamaTokenizer is none of these: where there is a
/// byte-level tokenizer.json transformers goes by that.
constexpr auto kOwnAlgorithms = std::to_array<std::string_view>({"AlbertTokenizer",
                                                                 "BarthezTokenizer",
                                                                 "BartphoTokenizer",
                                                                 "BertGenerationTokenizer",
                                                                 "BertJapaneseTokenizer",
                                                                 "BertweetTokenizer",
                                                                 "BigBirdTokenizer",
                                                                 "BioGptTokenizer",
                                                                 "BlenderbotSmallTokenizer",
                                                                 "ByT5Tokenizer",
                                                                 "CamembertTokenizer",
                                                                 "CanineTokenizer",
                                                                 "CLIPTokenizer",
                                                                 "ClvpTokenizer",
                                                                 "CodeLlamaTokenizer",
                                                                 "CohereTokenizer",
                                                                 "CpmAntTokenizer",
                                                                 "CpmTokenizer",
                                                                 "CTRLTokenizer",
                                                                 "DebertaV2Tokenizer",
                                                                 "DiaTokenizer",
                                                                 "ErnieMTokenizer",
                                                                 "EsmTokenizer",
                                                                 "EsmcTokenizer",
                                                                 "FastSpeech2ConformerTokenizer",
                                                                 "FlaubertTokenizer",
                                                                 "FNetTokenizer",
                                                                 "FSMTTokenizer",
                                                                 "GemmaTokenizer",
                                                                 "GPTNeoXJapaneseTokenizer",
                                                                 "GPTSanJapaneseTokenizer",
                                                                 "GPTSw3Tokenizer",
                                                                 "HerbertTokenizer",
                                                                 "JukeboxTokenizer",
                                                                 "LasrTokenizer",
                                                                 "LayoutXLMTokenizer",
                                                                 "M2M100Tokenizer",
                                                                 "MarianTokenizer",
                                                                 "MBart50Tokenizer",
                                                                 "MBartTokenizer",
                                                                 "MgpstrTokenizer",
                                                                 "MLukeTokenizer",
                                                                 "MT5Tokenizer",
                                                                 "MyT5Tokenizer",
                                                                 "NllbTokenizer",
                                                                 "NougatTokenizer",
                                                                 "OpenAIGPTTokenizer",
                                                                 "ParakeetTokenizer",
                                                                 "PegasusTokenizer",
                                                                 "PerceiverTokenizer",
                                                                 "PhobertTokenizer",
                                                                 "PLBartTokenizer",
                                                                 "Pop2PianoTokenizer",
                                                                 "ProphetNetTokenizer",
                                                                 "Qwen2Tokenizer",
                                                                 "Qwen3_5Tokenizer",
                                                                 "RagTokenizer",
                                                                 "ReformerTokenizer",
                                                                 "RemBertTokenizer",
                                                                 "RoCBertTokenizer",
                                                                 "RoFormerTokenizer",
                                                                 "SeamlessM4TTokenizer",
                                                                 "Siglip2Tokenizer",
                                                                 "SiglipTokenizer",
                                                                 "Speech2Text2Tokenizer",
                                                                 "Speech2TextTokenizer",
                                                                 "SpeechT5Tokenizer",
                                                                 "T5Tokenizer",
                                                                 "TapasTokenizer",
                                                                 "TapexTokenizer",
                                                                 "Tipsv2Tokenizer",
                                                                 "TransfoXLTokenizer",
                                                                 "UdopTokenizer",
                                                                 "VideoPrismTokenizer",
                                                                 "VitsTokenizer",
                                                                 "Wav2Vec2CTCTokenizer",
                                                                 "Wav2Vec2PhonemeCTCTokenizer",
                                                                 "Wav2Vec2Tokenizer",
                                                                 "XGLMTokenizer",
                                                                 "XLMProphetNetTokenizer",
                                                                 "XLMRobertaTokenizer",
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
