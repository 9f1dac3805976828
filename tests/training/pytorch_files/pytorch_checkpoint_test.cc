#include "training/pytorch_files/pytorch_checkpoint.h"

#include <cstring>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <caffe2/serialize/inline_container.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "support/temporary_directory.h"
#include "training/loop/tiny_training.h"
#include "training/pytorch_files/state_dict_pickle.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using namespace std::string_literals;

/// Written by Python's own pickle module (make_state_dict.py).
std::filesystem::path fixture() {
  return std::filesystem::path(TRANSKIMMER_TEST_DATA) / "pytorch" / "state_dict.bin";
}

/// Of one file.
LoadedTensors load_pytorch_checkpoint(const std::filesystem::path& path) {
  LoadedTensors loaded;
  add_pytorch_checkpoint(path, loaded);
  return loaded;
}

template <class Function>
std::string message_of(const Function& function) {
  try {
    function();
  } catch (const FormatError& error) {
    return error.what();
  }
  return "no FormatError";
}

std::string load_message(const std::filesystem::path& path) {
  return message_of([&] { load_pytorch_checkpoint(path); });
}

// ---- A pickle in pieces, as Python writes them.

std::string little_endian(std::uint64_t value, std::size_t width) {
  std::string bytes;
  for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFFU);
  return bytes;
}
std::string text(const std::string& value) {
  return "X" + little_endian(value.size(), 4) + value;
}
std::string integer(std::int64_t value) {
  return "\x8a\x08" + little_endian(static_cast<std::uint64_t>(value), 8);
}
std::string tuple(const std::vector<std::int64_t>& values) {
  std::string pickle = "(";
  for (const std::int64_t value : values) pickle += integer(value);
  return pickle + "t";
}

struct Stored {
  std::string type = "FloatStorage";
  std::string key = "0";
  std::int64_t elements = 4;
};
std::string storage(const Stored& stored = {}) {
  return "(" + text("storage") + "ctorch\n" + stored.type + "\n" + text(stored.key) + text("cpu") +
         integer(stored.elements) + "tQ";
}

struct View {
  Stored stored = {};
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape = {4};
  std::vector<std::int64_t> strides = {1};
};
std::string tensor(const View& view = {}) {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage(view.stored) + integer(view.offset) +
         tuple(view.shape) + tuple(view.strides) + "\x89" + "ccollections\nOrderedDict\n)RtR";
}
std::string state_dict(const std::string& items) {
  return "\x80\x02}(" + items + "u.";
}

/// An archive as torch.save writes it.
void write_archive(const std::filesystem::path& path,
                   const std::vector<std::pair<std::string, std::string>>& records) {
  caffe2::serialize::PyTorchStreamWriter writer(path.string());
  for (const auto& [name, data] : records) writer.writeRecord(name, data.data(), data.size());
  writer.writeEndOfFile();
}

// ---- What loads.

TEST(PyTorchCheckpoint, ReadsWhatPythonWroteOfEveryKindOfTensor) {
  const LoadedTensors loaded = load_pytorch_checkpoint(fixture());
  const auto floats = [&](const char* name) { return to_floats(loaded.tensors.at(name)); };
  const auto shape = [&](const char* name) { return loaded.tensors.at(name).shape; };
  using Floats = std::vector<float>;
  using Shape = std::vector<std::int64_t>;
  ASSERT_EQ(loaded.tensors.size(), 10u);
  EXPECT_EQ(loaded.origins.at("table"), fixture().string());
  EXPECT_EQ(floats("table"), (Floats{0, .5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5}));
  EXPECT_EQ(shape("table"), (Shape{3, 4}));
  EXPECT_EQ(floats("tied"), floats("table"));
  EXPECT_EQ(floats("transposed"), (Floats{0, 2, 4, .5, 2.5, 4.5, 1, 3, 5, 1.5, 3.5, 5.5}));
  EXPECT_EQ(shape("transposed"), (Shape{4, 3}));
  EXPECT_EQ(floats("last_row"), (Floats{4, 4.5, 5, 5.5}));
  EXPECT_EQ(floats("half"), (Floats{1, -2, .5}));
  EXPECT_EQ(floats("bfloat16"), (Floats{1, -2}));
  EXPECT_EQ(floats("parameter"), Floats{7.25});
  EXPECT_EQ(shape("parameter"), (Shape{1, 1}));
  EXPECT_EQ(floats("scalar"), Floats{7.25});
  EXPECT_EQ(shape("scalar"), Shape{});
  EXPECT_EQ(floats("empty"), Floats{});
  EXPECT_EQ(to_integers(loaded.tensors.at("embeddings.position_ids")),
            (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
}

/// Writes those weights of a directory's model.safetensors that `wanted` names into `target`, as torch.save
/// does.
void write_pytorch(const std::filesystem::path& directory, const std::string& target,
                   const std::function<bool(const std::string&)>& wanted) {
  const auto file = SafetensorsFile::open(directory / "model.safetensors");
  std::string items;
  std::vector<std::pair<std::string, std::string>> records = {{"data.pkl", ""}};
  for (const auto& [name, view] : file.tensors()) {
    if (!wanted(name)) continue;
    const std::string key = std::to_string(records.size());
    std::vector<std::int64_t> strides(view.shape.size(), 1);
    for (std::size_t i = strides.size(); i-- > 1;) strides[i - 1] = strides[i] * view.shape[i];
    items += text(name) + tensor({.stored = {.key = key, .elements = view.elements()},
                                  .shape = view.shape,
                                  .strides = strides});
    records.emplace_back("data/" + key,
                         std::string(reinterpret_cast<const char*>(view.data.data()), view.data.size()));
  }
  records[0].second = state_dict(items);
  write_archive(directory / target, records);
}

/// Puts the weights of a directory's model.safetensors into pytorch_model.bin in its place.
void convert_to_pytorch(const std::filesystem::path& directory, const std::string& left_out = {}) {
  write_pytorch(directory, "pytorch_model.bin", [&](const std::string& name) { return name != left_out; });
  std::filesystem::remove(directory / "model.safetensors");
}

/// The same in two shards; the index says of `lost` that it is in the first, where it is not.
void convert_to_pytorch_shards(const std::filesystem::path& directory, const std::string& lost = {}) {
  const auto shard_of = [](const std::string& name) { return name.size() % 2; };
  const auto file_of = [](std::size_t shard) {
    return "pytorch_model-0000" + std::to_string(shard + 1) + "-of-00002.bin";
  };
  nlohmann::json map;
  const auto file = SafetensorsFile::open(directory / "model.safetensors");
  for (const auto& [name, view] : file.tensors()) map[name] = file_of(name == lost ? 0 : shard_of(name));
  for (const std::size_t shard : {0, 1})
    write_pytorch(directory, file_of(shard),
                  [&](const std::string& name) { return name != lost && shard_of(name) == shard; });
  write_file_atomically(directory / "pytorch_model.bin.index.json",
                        nlohmann::json{{"metadata", {{"total_size", 1}}}, {"weight_map", map}}.dump());
  std::filesystem::remove(directory / "model.safetensors");
}

TEST(PyTorchCheckpoint, AModelStartsFromItAsFromSafetensors) {
  const TemporaryDirectory directory;
  const TrainingModel model = TrainingModel::from_scratch(tiny_config(), {.seed = 11});
  model.save(directory.path());
  convert_to_pytorch(directory.path());
  const auto [loaded, notices] = load_model(directory.path());
  EXPECT_TRUE(at::equal(all_weights(model), all_weights(loaded)));
  EXPECT_TRUE(notices.empty());
}

TEST(PyTorchCheckpoint, AModelStartsFromItsShards) {
  const TemporaryDirectory directory;
  const TrainingModel model = TrainingModel::from_scratch(tiny_config(), {.seed = 11});
  model.save(directory.path());
  convert_to_pytorch_shards(directory.path());
  const auto [loaded, notices] = load_model(directory.path());
  EXPECT_TRUE(at::equal(all_weights(model), all_weights(loaded)));
  EXPECT_TRUE(notices.empty());
}

TEST(PyTorchCheckpoint, AShardThatLacksATensorIsNamed) {
  const TemporaryDirectory directory;
  TrainingModel::from_scratch(tiny_config(), {}).save(directory.path());
  convert_to_pytorch_shards(directory.path(), "classifier.bias");
  EXPECT_EQ(message_of([&] { load_model(directory.path()); }),
            (directory / "pytorch_model-00001-of-00002.bin").string() +
                ": tensor 'classifier.bias' is missing, but pytorch_model.bin.index.json says it is here");
}

TEST(PyTorchCheckpoint, ExpandedTensorsAreWrittenOut) {
  const TemporaryDirectory directory;
  const auto path = directory / "pytorch_model.bin";
  const std::string numbers("\0\0\x80\x3F\0\0\0\x40\0\0\x40\x40\0\0\x80\x40", 16);
  const std::string items = text("rows") + tensor({.shape = {3, 4}, .strides = {0, 1}}) + text("columns") +
                            tensor({.shape = {2, 3}, .strides = {1, 0}}) + text("one") +
                            tensor({.offset = 3, .shape = {2, 3}, .strides = {0, 0}}) + text("none") +
                            tensor({.shape = {0, 5}, .strides = {0, 0}});
  write_archive(path, {{"data.pkl", state_dict(items)}, {"data/0", numbers}});
  const LoadedTensors loaded = load_pytorch_checkpoint(path);
  const auto floats = [&](const char* name) { return to_floats(loaded.tensors.at(name)); };
  using Floats = std::vector<float>;
  EXPECT_EQ(floats("rows"), (Floats{1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4}));
  EXPECT_EQ(floats("columns"), (Floats{1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(floats("one"), (Floats{4, 4, 4, 4, 4, 4}));
  EXPECT_EQ(floats("none"), Floats{});
}

TEST(PyTorchCheckpoint, SafetensorsComeFirst) {
  const TemporaryDirectory directory;
  const TrainingModel model = TrainingModel::from_scratch(tiny_config(), {.seed = 11});
  model.save(directory.path());
  write_file_atomically(directory / "pytorch_model.bin", "no archive");
  EXPECT_TRUE(at::equal(all_weights(model), all_weights(load_model(directory.path()).model)));
}

TEST(PyTorchCheckpoint, AMissingWeightIsNamed) {
  const TemporaryDirectory directory;
  TrainingModel::from_scratch(tiny_config(), {}).save(directory.path());
  convert_to_pytorch(directory.path(), "bert.encoder.layer.1.output.dense.bias");
  EXPECT_EQ(message_of([&] { load_model(directory.path()); }),
            (directory / "pytorch_model.bin").string() +
                ": tensor 'bert.encoder.layer.1.output.dense.bias' is missing, expected with "
                "shape [16]");
}

// ---- What does not.

TEST(PyTorchCheckpoint, OtherFormatsAreTold) {
  const TemporaryDirectory directory;
  const auto path = directory / "pytorch_model.bin";
  write_file_atomically(path, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");
  EXPECT_EQ(load_message(path),
            path.string() +
                ": is in the format of PyTorch before 1.6; load it with torch.load() and save it again");
  write_file_atomically(path, "version https://git-lfs.github.com/spec/v1\n");
  EXPECT_TRUE(load_message(path).starts_with(path.string() + ": is a Git LFS pointer")) << load_message(path);
  write_file_atomically(path, "<!doctype html>\n");
  EXPECT_TRUE(load_message(path).starts_with(path.string() + ": is an HTML page")) << load_message(path);
  write_file_atomically(path, "");
  EXPECT_EQ(load_message(path), path.string() + ": is no zip archive, which torch.save() writes");
  EXPECT_THROW(load_pytorch_checkpoint(directory / "absent"), IoError);
}

TEST(PyTorchCheckpoint, RecordsAreChecked) {
  const TemporaryDirectory directory;
  const auto path = directory / "pytorch_model.bin";
  const auto message = [&](const std::vector<std::pair<std::string, std::string>>& records) {
    write_archive(path, records);
    return load_message(path);
  };
  const std::string pickle = state_dict(text("w") + tensor());
  EXPECT_EQ(message({{"code", "x"}}), path.string() + ": record 'data.pkl' is missing");
  EXPECT_EQ(message({{"data.pkl", pickle}}), path.string() + ": record 'data/0' is missing");
  EXPECT_EQ(message({{"data.pkl", pickle}, {"data/0", std::string(12, '\0')}}),
            path.string() + ": tensor 'w' has a storage of 12 bytes, expected 4 elements of F32");
  EXPECT_EQ(message({{"data.pkl", pickle}, {"data/0", std::string(16, '\0')}, {"byteorder", "big"}}),
            path.string() + ": holds big-endian numbers, expected little-endian ones");
  EXPECT_EQ(message({{"data.pkl", pickle}, {"data/0", std::string(16, '\0')}}), "no FormatError");
}

TEST(PyTorchCheckpoint, ACutFileIsDamagedWhereverItIsCut) {
  const TemporaryDirectory directory;
  const auto path = directory / "pytorch_model.bin";
  const std::string whole = read_file(fixture());
  for (std::size_t size = 4; size < whole.size(); size += 31) {
    write_file_atomically(path, [&](std::ostream& out) { out << whole.substr(0, size); });
    const std::string message = load_message(path);
    ASSERT_TRUE(message.starts_with(path.string() + ": is damaged: ")) << size << ": " << message;
    ASSERT_EQ(message.find('\n'), message.npos) << message;
  }
}

TEST(PyTorchCheckpoint, ACutOrChangedPickleLoadsOrIsRefused) {
  const auto read = [](const std::string& pickle) { read_state_dict(pickle, "data.pkl"); };
  const std::string whole =
      state_dict(text("w") + tensor() + text("v") + tensor({.shape = {2, 2}, .strides = {1, 2}}));
  ASSERT_NO_THROW(read(whole));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_THROW(read(whole.substr(0, i)), FormatError) << i;
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      try {
        read(changed);
      } catch (const FormatError&) {
      }
    }
  }
}

struct BadPickle {
  const char* name;
  std::string pickle;
  std::string message;
};
std::ostream& operator<<(std::ostream& out, const BadPickle& bad) {
  return out << bad.name;
}

class StateDictPickle : public ::testing::TestWithParam<BadPickle> {};

TEST_P(StateDictPickle, IsRefusedWithAReason) {
  EXPECT_EQ(message_of([] { read_state_dict(GetParam().pickle, "m.bin"); }), "m.bin: " + GetParam().message);
}

const std::vector<BadPickle> bad_pickles = {
    {"Empty", "", "ends in the middle of a pickle"},
    {"Protocol4", "\x80\x04.", "does not begin as a pickle of protocol 2, which torch.save writes"},
    {"CallsTheShell",
     "\x80\x02"
     "cos\nsystem\n" +
         text("true") + "\x85R.",
     "needs 'os.system', which is not part of a state dict of plain tensors"},
    {"WholeModule",
     "\x80\x02"
     "ctransformers.models.bert.modeling_bert\nBertModel\n)\x81.",
     "needs 'transformers.models.bert.modeling_bert.BertModel', which is not part of a state dict of plain "
     "tensors"},
    {"UnknownInstruction", "\x80\x02\x93.", "has the pickle instruction 0x93, which no state dict needs"},
    {"EmptyStack", "\x80\x02.", "takes more from its stack than is there"},
    {"BelowTheMark", "\x80\x02}(s.", "takes more from its stack than is there"},
    {"NoMark", "\x80\x02}u.", "takes more from its stack than is there"},
    {"UnsetMemory", "\x80\x02h\x05.", "refers to a value that it has not made"},
    {"LongInteger",
     "\x80\x02\x8a\x09"
     "123456789.",
     "has an integer of more than 64 bits"},
    {"NoDictionary", "\x80\x02" + integer(3) + ".", "has something else where a state dict is expected"},
    {"ListOfItems", "\x80\x02](" + text("w") + tensor() + "u.",
     "has something else where a dictionary is expected"},
    {"KeyAlone", state_dict(text("w")), "has a dictionary key without a value"},
    {"NumberAsKey", state_dict(integer(1) + tensor()),
     "has something else where the name of a tensor is expected"},
    {"TrainingState", state_dict(text("epoch") + integer(3)),
     "entry 'epoch' is no tensor, expected a state dict"},
    {"Nested", state_dict(text("model") + "}"), "entry 'model' is no tensor, expected a state dict"},
    {"Twice", state_dict(text("w") + tensor() + text("w") + tensor()), "tensor 'w' is there twice"},
    {"ComplexNumbers", state_dict(text("w") + tensor({.stored = {.type = "ComplexFloatStorage"}})),
     "needs 'torch.ComplexFloatStorage', which is not part of a state dict of plain tensors"},
    {"StorageOfNoType",
     state_dict(text("w") + "(" + text("storage") + "ccollections\nOrderedDict\n" + text("0") + text("cpu") +
                integer(4) + "tQ"),
     "collections.OrderedDict is no type of a storage"},
    {"CallsAStorage",
     "\x80\x02"
     "ctorch\nFloatStorage\n)R.",
     "calls torch.FloatStorage, which is no function of a state dict"},
    {"FilledOrderedDict",
     "\x80\x02"
     "ccollections\nOrderedDict\n]\x85R.",
     "has an OrderedDict in a form that torch.save does not write"},
    {"BeyondTheStorage", state_dict(text("w") + tensor({.shape = {5}})),
     "tensor 'w' of shape [5] reaches beyond its storage of 4 elements"},
    {"OffsetBeyond", state_dict(text("w") + tensor({.offset = 1})),
     "tensor 'w' of shape [4] reaches beyond its storage of 4 elements"},
    {"NegativeOffset", state_dict(text("w") + tensor({.offset = -1})),
     "tensor 'w' of shape [4] reaches beyond its storage of 4 elements"},
    {"StrideBeyond", state_dict(text("w") + tensor({.shape = {2, 2}, .strides = {3, 1}})),
     "tensor 'w' of shape [2, 2] reaches beyond its storage of 4 elements"},
    {"ExpandedToFillMemory", state_dict(text("w") + tensor({.shape = {1 << 20, 1 << 20}, .strides = {0, 0}})),
     "tensor 'w' of shape [1048576, 1048576] repeats its 4 elements too often"},
    {"ExpandedBeyondCounting",
     state_dict(text("w") + tensor({.shape = {INT64_MAX, INT64_MAX}, .strides = {0, 0}})),
     "tensor 'w' of shape [9223372036854775807, 9223372036854775807] repeats its 4 elements too often"},
    {"ManyExpanded",
     state_dict(text("v") + tensor({.shape = {1 << 27, 1}, .strides = {0, 1}}) + text("w") +
                tensor({.shape = {1 << 28, 1}, .strides = {0, 1}})),
     "tensor 'w' of shape [268435456, 1] repeats its 4 elements too often"},
    {"ExpandedBeyondTheStorage", state_dict(text("w") + tensor({.shape = {2, 5}, .strides = {0, 1}})),
     "tensor 'w' of shape [2, 5] reaches beyond its storage of 4 elements"},
    {"OverlappingWindows", state_dict(text("w") + tensor({.shape = {3, 2}, .strides = {1, 1}})),
     "tensor 'w' of shape [3, 2] reaches beyond its storage of 4 elements"},
    {"OverflowingShape", state_dict(text("w") + tensor({.shape = {INT64_MAX, 4}, .strides = {4, 1}})),
     "tensor 'w' of shape [9223372036854775807, 4] reaches beyond its storage of 4 elements"},
    {"NegativeStride", state_dict(text("w") + tensor({.strides = {-1}})),
     "tensor 'w' has a negative dimension or stride"},
    {"StridesOfAnotherShape", state_dict(text("w") + tensor({.strides = {1, 1}})),
     "tensor 'w' has another number of strides than of dimensions"},
    {"ManyDimensions", state_dict(text("w") + tensor({.shape = std::vector<std::int64_t>(100, 1)})),
     "has a tensor of 100 dimensions"},
    {"LongKey", state_dict(text("w") + tensor({.stored = {.key = std::string(1000, '0')}})),
     "has a storage whose key is 1000 characters long"},
};

INSTANTIATE_TEST_SUITE_P(Bad, StateDictPickle, ::testing::ValuesIn(bad_pickles),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace transkimmer::test
