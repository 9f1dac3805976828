#include "model_files/tokenizer_class.h"

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
    // WordPiece or byte-level BPE with a layout, or names, that only their tokenizer.json tells.
    NamedClass{"GPT2Tokenizer", {described, false}},
    NamedClass{"MPNetTokenizer", {described, false}},
    NamedClass{"SplinterTokenizer", {described, false}},
};

/// Classes that transformers has in Python alone, so that no tokenizer.json describes them.
constexpr std::array<std::string_view, 24> kOwnAlgorithms = {
    "BartphoTokenizer",   "BertGenerationTokenizer", "BertJapaneseTokenizer",
    "BertweetTokenizer",  "BioGptTokenizer",         "BlenderbotSmallTokenizer",
    "ByT5Tokenizer",      "CanineTokenizer",         "CpmAntTokenizer",
    "CpmTokenizer",       "CTRLTokenizer",           "EsmTokenizer",
    "FlaubertTokenizer",  "FSMTTokenizer",           "GPTNeoXJapaneseTokenizer",
    "M2M100Tokenizer",    "MarianTokenizer",         "MyT5Tokenizer",
    "PerceiverTokenizer", "PhobertTokenizer",        "ProphetNetTokenizer",
    "RoCBertTokenizer",   "TapasTokenizer",          "XLMTokenizer"};

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
