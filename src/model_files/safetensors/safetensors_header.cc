#include "model_files/safetensors/safetensors_header.h"

#include <array>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

constexpr std::array kDTypes = {DType::f64, DType::f32, DType::f16, DType::bf16, DType::i64,
                                DType::i32, DType::i16, DType::i8,  DType::u8,   DType::boolean};
constexpr std::string_view kMetadata = "__metadata__";

std::optional<DType> dtype_named(std::string_view name) {
  for (const DType dtype : kDTypes)
    if (name_of(dtype) == name) return dtype;
  return std::nullopt;
}

/// Receives the header's JSON event by event; `place_` says where in the fixed structure we are.
class HeaderReader : public nlohmann::json_sax<json> {
 public:
  explicit HeaderReader(const std::string& origin) : origin_(origin) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) {
      place_ = Place::top;
    } else if (place_ == Place::top && key_ == kMetadata) {
      place_ = Place::metadata;
    } else if (place_ == Place::top) {
      place_ = Place::tensor;
      entry_ = TensorEntry{.name = key_, .shape = {}};
      fields_.clear();
    } else {
      unexpected("an object");
    }
    return true;
  }

  bool key(std::string& name) override {
    key_ = name;
    std::set<std::string>& seen = place_ == Place::top        ? names_
                                  : place_ == Place::metadata ? metadata_keys_
                                                              : fields_;
    if (seen.insert(name).second) return true;
    if (place_ == Place::top) fail(fmt::format("tensor {} appears twice in the header", in_quotes(name)));
    fail(fmt::format("{} has the field {} twice", owner(), in_quotes(name)));
  }

  bool end_object() override {
    if (place_ == Place::tensor) {
      for (const char* const field : {"dtype", "shape", "data_offsets"})
        if (!fields_.contains(field)) fail(fmt::format("{} has no '{}'", owner(), field));
      header_.tensors.push_back(std::move(entry_));
    }
    place_ = place_ == Place::top ? Place::finished : Place::top;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || (key_ != "shape" && key_ != "data_offsets")) unexpected("an array");
    place_ = key_ == "shape" ? Place::shape : Place::offsets;
    offsets_.clear();
    return true;
  }

  bool end_array() override {
    if (place_ == Place::offsets) {
      if (offsets_.size() != 2)
        fail(fmt::format("{} has {} 'data_offsets', expected 2", owner(), offsets_.size()));
      entry_.begin = offsets_[0];
      entry_.end = offsets_[1];
      if (entry_.begin > entry_.end)
        fail(fmt::format("{} has data_offsets [{}, {}], expected the beginning before the end", owner(),
                         entry_.begin, entry_.end));
    }
    place_ = Place::tensor;
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::shape &&
        value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      entry_.shape.push_back(static_cast<std::int64_t>(value));
    } else if (place_ == Place::offsets && offsets_.size() < 2) {
      offsets_.push_back(value);
    } else {
      unexpected(fmt::format("{}", value));
    }
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::metadata) {
      header_.metadata[key_] = value;
    } else if (place_ == Place::tensor && key_ == "dtype") {
      const std::optional<DType> dtype = dtype_named(value);
      if (!dtype) fail(fmt::format("{} has the unknown type {}", owner(), in_quotes(value)));
      entry_.dtype = *dtype;
    } else {
      unexpected("a string");
    }
    return true;
  }

  bool number_integer(number_integer_t value) override { unexpected(fmt::format("{}", value)); }
  bool number_float(number_float_t, const string_t& text) override { unexpected(text); }
  bool null() override {
    // As the safetensors library, which reads it as absent.
    if (place_ != Place::top || key_ != kMetadata) unexpected("null");
    return true;
  }
  bool boolean(bool value) override { unexpected(value ? "true" : "false"); }
  bool binary(binary_t&) override { unexpected("binary data"); }

  bool parse_error(std::size_t position, const std::string&, const json::exception& error) override {
    fail(fmt::format("header is {} at byte {}", describe(error), position));
  }

 private:
  enum class Place { outside, top, metadata, tensor, shape, offsets, finished };

  [[noreturn]] void fail(const std::string& message) const { throw FormatError(origin_ + ": " + message); }

  std::string owner() const {
    return place_ == Place::metadata ? std::string(kMetadata) : "tensor " + in_quotes(entry_.name);
  }

  [[noreturn]] void unexpected(std::string_view found) const {
    const std::string value(found);
    switch (place_) {
      case Place::outside:
      case Place::finished:
        fail(fmt::format("header is {}, expected an object", value));
      case Place::top:
        fail(fmt::format("{} {} is {}, expected an object", key_ == kMetadata ? "field" : "tensor",
                         in_quotes(key_), value));
      case Place::metadata:
        fail(fmt::format("{} field {} is {}, expected a string", owner(), in_quotes(key_), value));
      case Place::shape:
        fail(fmt::format("{} has {} in 'shape', expected integers of 0 or more", owner(), value));
      case Place::offsets:
        fail(fmt::format("{} has {} in 'data_offsets', expected two integers of 0 or more", owner(), value));
      case Place::tensor:
        break;
    }
    if (key_ == "dtype") fail(fmt::format("{} has {} as 'dtype', expected a string", owner(), value));
    if (key_ == "shape" || key_ == "data_offsets")
      fail(fmt::format("{} has {} as '{}', expected an array", owner(), value, key_));
    fail(fmt::format("{} has the unknown field {}", owner(), in_quotes(key_)));
  }

  const std::string& origin_;
  SafetensorsHeader header_;
  Place place_ = Place::outside;
  std::string key_;
  std::set<std::string> names_;
  std::set<std::string> metadata_keys_;
  std::set<std::string> fields_;  ///< of the tensor being read
  std::vector<std::uint64_t> offsets_;
  TensorEntry entry_;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, const std::string& origin) {
  HeaderReader reader(origin);
  json::sax_parse(text, &reader);
  return reader.take();
}

}  // namespace transkimmer
