#include "training/pytorch_files/pytorch_checkpoint.h"

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/stand_in.h"
#include "base/strings/quoting.h"
#include "training/pytorch_files/state_dict_pickle.h"
#include "training/tensors/tensor.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// A record of the archive in memory of its own.
struct Record {
  c10::DataPtr data;
  std::size_t size = 0;

  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data.get()), size}; }
  std::string_view text() const { return {static_cast<const char*>(data.get()), size}; }
};

void check_format(const std::filesystem::path& path) {
  constexpr std::string_view kZipSignature = "PK\x03\x04";
  constexpr std::string_view kPickleSignature = "\x80\x02";
  const MappedFile file(path);
  reject_stand_in(file.text().substr(0, 1024), path.string());
  if (file.text().starts_with(kZipSignature)) return;
  if (file.text().starts_with(kPickleSignature)) {
    throw FormatError(
        path.string() +
        ": is in the format of PyTorch before 1.6; load it with torch.load() and save it again");
  }
  throw FormatError(path.string() + ": is no zip archive, which torch.save() writes");
}

class Archive {
 public:
  explicit Archive(const std::filesystem::path& path)
      : path_(path.string()), reader_((check_format(path), path_)) {
    if (reader_.hasRecord("byteorder") && record("byteorder")->text() != "little")
      throw FormatError(path_ + ": holds big-endian numbers, expected little-endian ones");
  }

  std::shared_ptr<const Record> record(const std::string& name) {
    if (!reader_.hasRecord(name))
      throw FormatError(fmt::format("{}: record {} is missing", path_, in_quotes(name)));
    auto [data, size] = reader_.getRecord(name);
    return std::make_shared<const Record>(Record{std::move(data), size});
  }

 private:
  std::string path_;
  caffe2::serialize::PyTorchStreamReader reader_;
};

/// Which numbers the elements are does not matter for moving them.
torch::ScalarType type_of_size(std::size_t bytes) {
  switch (bytes) {
    case 1:
      return torch::kUInt8;
    case 2:
      return torch::kInt16;
    case 4:
      return torch::kInt32;
    default:
      return torch::kInt64;
  }
}

/// Gives `loaded` one tensor, row-major: most are so in the file, transposed and expanded views are copied.
void add_tensor(const PickledTensor& tensor, const std::shared_ptr<const Record>& storage,
                const std::filesystem::path& path, LoadedTensors& loaded) {
  const std::size_t element = size_of(tensor.storage.dtype);
  if (storage->size % element != 0 ||
      storage->size / element != static_cast<std::uint64_t>(tensor.storage.elements)) {
    throw FormatError(fmt::format("{}: tensor {} has a storage of {} bytes, expected {} elements of {}",
                                  path.string(), in_quotes(tensor.name), storage->size,
                                  tensor.storage.elements, name_of(tensor.storage.dtype)));
  }
  TensorView view{.dtype = tensor.storage.dtype, .shape = tensor.shape, .data = {}};
  const bool empty = std::ranges::find(tensor.shape, 0) != tensor.shape.end();
  if (!empty) {
    // libtorch takes no pointer to const; nothing writes through this one.
    auto* start =
        const_cast<std::byte*>(storage->bytes().data()) + static_cast<std::size_t>(tensor.offset) * element;
    const Tensor stored = at::from_blob(start, tensor.shape, tensor.strides, type_of_size(element));
    const auto values = std::make_shared<const Tensor>(stored.contiguous());
    view.data = {static_cast<const std::byte*>(values->data_ptr()), values->nbytes()};
    loaded.owners.push_back(values);
    loaded.owners.push_back(storage);
  }
  loaded.add(tensor.name, std::move(view), path);
}

}  // namespace

void add_pytorch_checkpoint(const std::filesystem::path& path, LoadedTensors& loaded) {
  try {
    Archive archive(path);
    const auto pickle = archive.record("data.pkl");
    std::map<std::string, std::shared_ptr<const Record>> storages;  // tied weights share one
    for (const PickledTensor& tensor : read_state_dict(pickle->text(), path.string())) {
      auto& storage = storages[tensor.storage.key];
      if (!storage) storage = archive.record("data/" + tensor.storage.key);
      add_tensor(tensor, storage, path, loaded);
    }
  } catch (const c10::Error& error) {
    throw FormatError(fmt::format("{}: is damaged: {}", path.string(), error.what_without_backtrace()));
  }
}

}  // namespace transkimmer
