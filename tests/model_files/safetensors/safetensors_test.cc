#include "model_files/safetensors/safetensors.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/golden.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using test::TemporaryDirectory;
using testing::ThrowsMessage;

template <typename Element>
TensorView view_of(DType dtype, const std::vector<Element>& elements) {
  return {.dtype = dtype,
          .shape = {static_cast<std::int64_t>(elements.size())},
          .data = std::as_bytes(std::span(elements))};
}

constexpr DType kAllTypes[] = {DType::f64, DType::f32, DType::f16, DType::bf16, DType::i64,
                               DType::i32, DType::i16, DType::i8,  DType::u8,   DType::boolean};

TEST(Safetensors, EveryTypeAndShapeSurvivesARoundTrip) {
  const TemporaryDirectory directory;
  const std::vector<std::vector<std::int64_t>> shapes = {{}, {3}, {2, 3}, {0}, {4, 0, 2}, {1, 1, 5}};
  std::vector<std::vector<std::byte>> contents;
  std::vector<TensorToWrite> tensors;
  for (const DType dtype : kAllTypes)
    for (const std::vector<std::int64_t>& shape : shapes) {
      std::size_t bytes = size_of(dtype);
      for (const std::int64_t size : shape) bytes *= static_cast<std::size_t>(size);
      std::vector<std::byte>& content = contents.emplace_back(bytes);
      for (std::size_t i = 0; i < bytes; ++i) content[i] = static_cast<std::byte>(contents.size() * 31 + i);
      tensors.push_back({.name = std::string(name_of(dtype)) + shape_text(shape),
                         .dtype = dtype,
                         .shape = shape,
                         .data = content});
    }
  write_safetensors(directory / "file", tensors, {{"note", "two\nlines \"quoted\" é"}});

  const SafetensorsFile file = SafetensorsFile::open(directory / "file");
  ASSERT_EQ(file.tensors().size(), tensors.size());
  for (const TensorToWrite& tensor : tensors) {
    const TensorView& read = file.at(tensor.name);
    EXPECT_EQ(read.dtype, tensor.dtype) << tensor.name;
    EXPECT_EQ(read.shape, tensor.shape) << tensor.name;
    EXPECT_TRUE(std::equal(read.data.begin(), read.data.end(), tensor.data.begin(), tensor.data.end()))
        << tensor.name;
  }
  EXPECT_EQ(file.metadata().at("format"), "pt");
  EXPECT_EQ(file.metadata().at("note"), "two\nlines \"quoted\" é");
}

TEST(Safetensors, WritesTheBytesThatTheFormatSays) {
  const TemporaryDirectory directory;
  const std::vector<float> values = {1.0F, -2.0F};
  const std::vector<TensorToWrite> tensors = {
      {.name = "a", .dtype = DType::f32, .shape = {2}, .data = std::as_bytes(std::span(values))}};
  write_safetensors(directory / "file", tensors);
  std::string header =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::string expected(8, '\0');
  expected[0] = static_cast<char>(header.size());
  expected += header + std::string("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8);
  EXPECT_EQ(read_file(directory / "file"), expected);
}

TEST(Safetensors, AFileWithoutTensorsIsAFile) {
  const TemporaryDirectory directory;
  write_safetensors(directory / "file", {});
  EXPECT_TRUE(SafetensorsFile::open(directory / "file").tensors().empty());
}

TEST(Safetensors, MetadataThatIsNullIsAbsent) {
  const TemporaryDirectory directory;
  const std::string header = R"({"__metadata__":null,"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}} )";
  std::string content(8, '\0');
  content[0] = static_cast<char>(header.size());
  write_file_atomically(directory / "file", content + header + "x");
  const SafetensorsFile file = SafetensorsFile::open(directory / "file");
  EXPECT_TRUE(file.metadata().empty());
  EXPECT_EQ(file.tensors().size(), 1u);
}

TEST(Safetensors, NamesTheFileAndTheMissingTensor) {
  const TemporaryDirectory directory;
  write_safetensors(directory / "file", {});
  const SafetensorsFile file = SafetensorsFile::open(directory / "file");
  EXPECT_THAT([&] { file.at("weight"); },
              ThrowsMessage<FormatError>((directory / "file").string() + ": tensor 'weight' is missing"));
}

TEST(Safetensors, RefusesToWriteWhatItWouldNotRead) {
  const TemporaryDirectory directory;
  const std::vector<float> values(6);
  const auto data = std::as_bytes(std::span(values));
  const auto write = [&](std::vector<TensorToWrite> tensors) {
    write_safetensors(directory / "file", tensors);
  };
  const TensorToWrite good = {.name = "a", .dtype = DType::f32, .shape = {2, 3}, .data = data};
  TensorToWrite small = good, negative = good, huge = good, reserved = good, invalid = good;
  small.shape = {2, 4};
  negative.shape = {-2, -3};
  huge.shape = {std::int64_t{1} << 62, 4, 6};
  reserved.name = "__metadata__";
  invalid.name = "\xff";
  EXPECT_THAT([&] { write({small}); },
              ThrowsMessage<Error>("tensor 'a' to write has 24 bytes, which do not fill F32 [2, 4]"));
  EXPECT_THAT([&] { write({negative}); },
              ThrowsMessage<Error>("tensor 'a' to write has 24 bytes, which do not fill F32 [-2, -3]"));
  EXPECT_THROW(write({huge}), Error);
  EXPECT_THAT(
      [&] {
        write({good, good});
      },
      ThrowsMessage<Error>("tensor to write has the name 'a', which is taken"));
  EXPECT_THAT([&] { write({reserved}); },
              ThrowsMessage<Error>("tensor to write has the name '__metadata__', which is taken"));
  EXPECT_THAT([&] { write({invalid}); },
              ThrowsMessage<Error>((directory / "file").string() +
                                   ": a tensor name or metadata text is not valid UTF-8"));
  EXPECT_FALSE(std::filesystem::exists(directory / "file"));
}

TEST(Safetensors, ReadsTheGoldenFixtures) {
  const SafetensorsFile file = test::open_golden("bert.inputs");
  EXPECT_EQ(file.at("input_ids").shape, (std::vector<std::int64_t>{4, 16}));
  EXPECT_EQ(file.at("input_ids").dtype, DType::i64);
  const std::vector<std::int64_t> mask = to_integers(file.at("attention_mask"));
  EXPECT_EQ(std::count(mask.begin(), mask.end(), 1), 16 + 11 + 7 + 13);
}

/// The value by definition, in double: a way of getting there that the code does not take.
double value_of(std::uint16_t bits, int exponent_bits, int fraction_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = (bits >> fraction_bits) & ((1 << exponent_bits) - 1);
  const double fraction = std::ldexp(bits & ((1 << fraction_bits) - 1), -fraction_bits);
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == (1 << exponent_bits) - 1)
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias);
  return sign * std::ldexp(1.0 + fraction, exponent - bias);
}

TEST(TensorConversion, EverySixteenBitFloatIsExact) {
  std::vector<std::uint16_t> all(65'536);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  const std::vector<float> half = to_floats(view_of(DType::f16, all));
  const std::vector<float> brain = to_floats(view_of(DType::bf16, all));
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const auto& [converted, expected] :
         {std::pair(half[i], value_of(all[i], 5, 10)), std::pair(brain[i], value_of(all[i], 8, 7))}) {
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(converted)) << i;
      } else {
        EXPECT_EQ(converted, expected) << i;
        EXPECT_EQ(std::signbit(converted), std::signbit(expected)) << i;
      }
    }
  }
}

TEST(TensorConversion, DoublesAreRounded) {
  const std::vector<double> values = {0.1, -1e-300, 1e39, 16'777'217.0};
  EXPECT_EQ(to_floats(view_of(DType::f64, values)),
            (std::vector<float>{0.1F, -0.0F, std::numeric_limits<float>::infinity(), 16'777'216.0F}));
}

TEST(TensorConversion, IntegersAreWidenedWithTheirSign) {
  EXPECT_THAT(to_integers(view_of<std::int64_t>(DType::i64, {INT64_MIN, 7})),
              testing::ElementsAre(INT64_MIN, 7));
  EXPECT_THAT(to_integers(view_of<std::int32_t>(DType::i32, {-5})), testing::ElementsAre(-5));
  EXPECT_THAT(to_integers(view_of<std::int16_t>(DType::i16, {-5})), testing::ElementsAre(-5));
  EXPECT_THAT(to_integers(view_of<std::int8_t>(DType::i8, {-5})), testing::ElementsAre(-5));
  EXPECT_THAT(to_integers(view_of<std::uint8_t>(DType::u8, {251})), testing::ElementsAre(251));
  EXPECT_THAT(to_integers(view_of<std::uint8_t>(DType::boolean, {1, 0})), testing::ElementsAre(1, 0));
}

TEST(TensorConversion, UnalignedDataIsFine) {
  std::vector<std::byte> bytes(1 + 2 * sizeof(float));
  const float values[] = {1.5F, -2.5F};
  std::memcpy(bytes.data() + 1, values, sizeof values);
  const TensorView tensor = {.dtype = DType::f32, .shape = {2}, .data = std::span(bytes).subspan(1)};
  EXPECT_THAT(to_floats(tensor), testing::ElementsAre(1.5F, -2.5F));
}

TEST(TensorConversion, RefusesTheOtherKindOfNumber) {
  const TensorView integers = view_of<std::int8_t>(DType::i8, {1});
  const TensorView reals = view_of<float>(DType::f32, {1.0F});
  EXPECT_THAT([&] { to_floats(integers); },
              ThrowsMessage<Error>("a tensor of type I8 holds no floating-point numbers"));
  EXPECT_THAT([&] { to_integers(reals); }, ThrowsMessage<Error>("a tensor of type F32 holds no integers"));
  std::vector<float> two(2);
  EXPECT_THAT([&] { copy_floats(reals, two); },
              ThrowsMessage<Error>("2 floats were given for a tensor of shape [1]"));
}

TEST(FromFloats, GivesEveryHalfPrecisionNumberBack) {
  std::vector<std::uint16_t> all(1 << 16);
  std::iota(all.begin(), all.end(), std::uint16_t{0});
  for (const DType dtype : {DType::f16, DType::bf16}) {
    const std::vector<float> values = to_floats(view_of(dtype, all));
    const std::vector<std::byte> bytes = from_floats(values, dtype);
    std::vector<std::uint16_t> again(all.size());
    std::memcpy(again.data(), bytes.data(), bytes.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (std::isnan(values[i])) continue;
      ASSERT_EQ(again[i], all[i]) << name_of(dtype) << " " << values[i];
    }
  }
}

TEST(FromFloats, RoundsToTheNearestAndTiesToEven) {
  const auto rounded = [](float value, DType dtype) {
    const std::vector<std::byte> bytes = from_floats(std::span(&value, 1), dtype);
    return to_floats({.dtype = dtype, .shape = {1}, .data = bytes})[0];
  };
  // Half precision has steps of 2^-10 above 1, and of 2^-24 near 0; bfloat16 has steps of 2^-7 above 1.
  EXPECT_EQ(rounded(1 + 0x1p-11F, DType::f16), 1.0F);
  EXPECT_EQ(rounded(1 + 0x3p-11F, DType::f16), 1 + 0x2p-10F);
  EXPECT_EQ(rounded(1 + 0x1.004p-11F, DType::f16), 1 + 0x1p-10F);
  EXPECT_EQ(rounded(-0x1.8p-24F, DType::f16), -0x1p-23F);
  EXPECT_EQ(rounded(0x0.8p-24F, DType::f16), 0.0F);
  EXPECT_EQ(rounded(65519.0F, DType::f16), 65504.0F);
  EXPECT_EQ(rounded(1 + 0x1p-8F, DType::bf16), 1.0F);
  EXPECT_EQ(rounded(1 + 0x3p-8F, DType::bf16), 1 + 0x2p-7F);
  EXPECT_TRUE(std::isnan(rounded(std::numeric_limits<float>::quiet_NaN(), DType::f16)));
  EXPECT_TRUE(std::isnan(rounded(std::numeric_limits<float>::signaling_NaN(), DType::bf16)));
}

TEST(FromFloats, RefusesWhatHalfPrecisionCannotHold) {
  const float large = 65520;
  EXPECT_THAT([&] { from_floats(std::span(&large, 1), DType::f16); },
              ThrowsMessage<FormatError>("65520 is too large for F16 (at most 65504)"));
}

}  // namespace
}  // namespace transkimmer
