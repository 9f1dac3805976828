#include "model_files/safetensors/safetensors.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/files/stand_in.h"
#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "model_files/safetensors/safetensors_header.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr std::uint64_t kLengthBytes = 8;
/// The limit of the format's own implementation.
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;

[[noreturn]] void fail(const std::string& origin, const std::string& message) {
  throw FormatError(origin + ": " + message);
}

/// The header's JSON; what follows it in the file is the data section.
std::string_view header_text(std::string_view file, const std::string& origin) {
  reject_stand_in(file.substr(0, 1024), origin);
  if (file.size() < kLengthBytes)
    fail(origin, fmt::format("file has {} bytes, expected at least {} for the header length", file.size(),
                             kLengthBytes));
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    length |= static_cast<std::uint64_t>(static_cast<unsigned char>(file[i])) << (8 * i);
  if (length > kMaxHeaderBytes)
    fail(origin, fmt::format("header length {} is over the limit of {} bytes", length, kMaxHeaderBytes));
  if (length > file.size() - kLengthBytes)
    fail(origin,
         fmt::format("header length {} reaches beyond the end of the file ({} bytes)", length, file.size()));
  return file.substr(kLengthBytes, length);
}

/// Bytes that a tensor of this shape fills; nothing when that is more than 64 bits can count.
bool byte_count(std::span<const std::int64_t> shape, DType dtype, std::uint64_t& count) {
  count = size_of(dtype);
  for (const std::int64_t size : shape)
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(size), &count)) return false;
  return count <= static_cast<std::uint64_t>(INT64_MAX);
}

void check_entry(const TensorEntry& entry, std::uint64_t data_bytes, const std::string& origin) {
  const std::string name = in_quotes(entry.name);
  std::uint64_t expected = 0;
  if (!byte_count(entry.shape, entry.dtype, expected))
    fail(origin, fmt::format("tensor {} has a shape of more elements than 64 bits count", name));
  if (entry.end - entry.begin != expected)
    fail(origin, fmt::format("tensor {} has {} bytes, expected {} for {} {}", name, entry.end - entry.begin,
                             expected, name_of(entry.dtype), shape_text(entry.shape)));
  if (entry.end > data_bytes)
    fail(origin, fmt::format("tensor {} ends at byte {} of the data, but the file has only {}", name,
                             entry.end, data_bytes));
}

/// Every byte of the data belongs to exactly one tensor.
void check_layout(const std::vector<TensorEntry>& entries, std::uint64_t data_bytes,
                  const std::string& origin) {
  std::vector<const TensorEntry*> sorted;
  for (const TensorEntry& entry : entries) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const TensorEntry* a, const TensorEntry* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  const TensorEntry* previous = nullptr;
  for (const TensorEntry* const entry : sorted) {
    const std::uint64_t covered = previous != nullptr ? previous->end : 0;
    if (entry->begin < covered)
      fail(origin,
           fmt::format("tensor {} overlaps tensor {}", in_quotes(entry->name), in_quotes(previous->name)));
    if (entry->begin > covered)
      fail(origin,
           fmt::format("tensor {} begins at byte {} of the data, but the bytes from {} belong to no tensor",
                       in_quotes(entry->name), entry->begin, covered));
    previous = entry;
  }
  const std::uint64_t covered = previous != nullptr ? previous->end : 0;
  if (covered != data_bytes)
    fail(origin, fmt::format("data has {} bytes, but its tensors end at byte {}", data_bytes, covered));
}

/// `data` must fill the shape exactly; readers would refuse the file otherwise.
void check_tensor_to_write(const TensorToWrite& tensor) {
  std::uint64_t expected = 0;
  const bool negative =
      std::any_of(tensor.shape.begin(), tensor.shape.end(), [](auto size) { return size < 0; });
  if (negative || !byte_count(tensor.shape, tensor.dtype, expected) || tensor.data.size() != expected)
    throw Error(fmt::format("tensor {} to write has {} bytes, which do not fill {} {}",
                            in_quotes(tensor.name), tensor.data.size(), name_of(tensor.dtype),
                            shape_text(tensor.shape)));
}

std::string header_to_write(std::span<const TensorToWrite> tensors,
                            const std::map<std::string, std::string>& metadata) {
  std::map<std::string, std::string> all_metadata = {{"format", "pt"}};
  for (const auto& [key, value] : metadata) all_metadata[key] = value;
  std::string header = "{\"__metadata__\":" + nlohmann::json(all_metadata).dump();
  std::set<std::string_view> names = {"__metadata__"};
  std::uint64_t begin = 0;
  for (const TensorToWrite& tensor : tensors) {
    check_tensor_to_write(tensor);
    if (!names.insert(tensor.name).second)
      throw Error(fmt::format("tensor to write has the name {}, which is taken", in_quotes(tensor.name)));
    const std::uint64_t end = begin + tensor.data.size();
    header += fmt::format(",{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                          nlohmann::json(tensor.name).dump(), name_of(tensor.dtype),
                          fmt::join(tensor.shape, ","), begin, end);
    begin = end;
  }
  header += '}';
  header.resize((header.size() + 7) / 8 * 8, ' ');
  return header;
}

}  // namespace

SafetensorsFile::SafetensorsFile(std::filesystem::path path, MappedFile file)
    : path_(std::move(path)), file_(std::move(file)) {}

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
  const std::string origin = path.string();
  SafetensorsFile file(path, MappedFile(path));
  const std::string_view json = header_text(file.file_.text(), origin);
  SafetensorsHeader header = parse_safetensors_header(json, origin);
  const std::span<const std::byte> data = file.file_.bytes().subspan(kLengthBytes + json.size());
  for (const TensorEntry& entry : header.tensors) check_entry(entry, data.size(), origin);
  check_layout(header.tensors, data.size(), origin);
  for (TensorEntry& entry : header.tensors)
    file.tensors_.emplace(std::move(entry.name),
                          TensorView{.dtype = entry.dtype,
                                     .shape = std::move(entry.shape),
                                     .data = data.subspan(entry.begin, entry.end - entry.begin)});
  file.metadata_ = std::move(header.metadata);
  return file;
}

const TensorView& SafetensorsFile::at(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) fail(path_.string(), fmt::format("tensor {} is missing", in_quotes(name)));
  return found->second;
}

void write_safetensors(const std::filesystem::path& path, std::span<const TensorToWrite> tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::string header;
  try {
    header = header_to_write(tensors, metadata);
  } catch (const nlohmann::json::exception&) {
    throw Error(path.string() + ": a tensor name or metadata text is not valid UTF-8");
  }
  if (header.size() > kMaxHeaderBytes)
    throw Error(fmt::format("{}: header of {} bytes is over the limit of {}", path.string(), header.size(),
                            kMaxHeaderBytes));
  write_file_atomically(path, [&](std::ostream& stream) {
    for (std::size_t i = 0; i < kLengthBytes; ++i) stream.put(static_cast<char>(header.size() >> (8 * i)));
    stream << header;
    for (const TensorToWrite& tensor : tensors)
      stream.write(reinterpret_cast<const char*>(tensor.data.data()),
                   static_cast<std::streamsize>(tensor.data.size()));
  });
}

}  // namespace transkimmer
