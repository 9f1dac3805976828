#pragma once

#include <array>
#include <string_view>

namespace transkimmer {

// The hosts that the project fetches from: no other file names one.

/// Of models. HF_ENDPOINT replaces it.
inline constexpr const char* kHubAddress = "https://huggingface.co";

/// A place where data sets are published, and what the catalogue of tasks calls it: "glue:SST-2.zip" is a
/// file there.
struct DataHost {
  std::string_view name;
  std::string_view address;
};
inline constexpr std::array<DataHost, 9> kDataHosts = {{
    {"glue", "https://dl.fbaipublicfiles.com/glue/data/"},
    {"senteval", "https://dl.fbaipublicfiles.com/senteval/senteval_data/"},
    {"glue-lists", "https://firebasestorage.googleapis.com/v0/b/mtl-sentence-representations.appspot.com/o/"},
    {"squad", "https://rajpurkar.github.io/SQuAD-explorer/dataset/"},
    {"stanford", "https://ai.stanford.edu/~amaas/data/sentiment/"},
    {"stanford-plain", "http://ai.stanford.edu/~amaas/data/sentiment/"},
    {"figshare", "https://ndownloader.figshare.com/files/"},
    {"newsgroups", "http://qwone.com/~jason/20Newsgroups/"},
    {"fastai", "https://s3.amazonaws.com/fast-ai-nlp/"},
}};

}  // namespace transkimmer
