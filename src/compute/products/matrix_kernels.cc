#include "compute/products/matrix_kernels.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <numeric>

#include <fmt/format.h>

#include "compute/products/streaming_kernels.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using dnnl::memory;
using Type = memory::data_type;

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

/// Streams carry no work between calls on a CPU, but are not promised to be shareable between threads.
dnnl::stream& thread_stream() {
  thread_local dnnl::stream stream(cpu());
  return stream;
}

std::byte* thread_scratchpad(std::size_t bytes) {
  thread_local std::vector<std::byte> scratchpad;
  if (scratchpad.size() < bytes + 64) scratchpad.resize(bytes + 64);
  void* start = scratchpad.data();
  std::size_t space = scratchpad.size();
  return static_cast<std::byte*>(std::align(64, bytes, start, space));
}

memory::dims dims(std::size_t rows, std::size_t columns) {
  return {static_cast<memory::dim>(rows), static_cast<memory::dim>(columns)};
}

memory::desc matrix(std::size_t rows, std::size_t columns, Type type) {
  return {dims(rows, columns), type, memory::format_tag::ab};
}

/// Both factors have the type of the precision.
Type operand_type(Precision precision) {
  switch (precision) {
    case Precision::bf16:
      return Type::bf16;
    case Precision::int8:
      return Type::s8;
    default:
      return Type::f32;
  }
}

struct ProductShape {
  std::size_t rows, in, columns;
  Precision precision;
};

std::string multiplication(const ProductShape& shape) {
  return fmt::format("multiply [{}, {}] by [{}, {}] in {}", shape.rows, shape.in, shape.in, shape.columns,
                     name_of(shape.precision));
}

dnnl::matmul::primitive_desc describe(const ProductShape& shape, const memory::desc& weights) {
  const bool int8 = shape.precision == Precision::int8;
  const auto src = matrix(shape.rows, shape.in, operand_type(shape.precision));
  const auto bias = int8 ? memory::desc() : matrix(1, shape.columns, Type::f32);
  const auto dst = matrix(shape.rows, shape.columns, int8 ? Type::s32 : Type::f32);
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(), src, weights, bias, dst, attr};
#else
  return {{src, weights, bias, dst}, attr, cpu()};
#endif
}

/// How oneDNN wants the weights for the largest products.
memory::desc packed_format(const ProductShape& shape) {
  const memory::desc any(dims(shape.in, shape.columns), operand_type(shape.precision),
                         memory::format_tag::any);
  return describe(shape, any).weights_desc();
}

/// A packed value that is a small whole number.
int value_at(const std::byte* place, Precision precision) {
  if (precision == Precision::int8) return static_cast<std::int8_t>(*place);
  if (precision == Precision::bf16) {
    Bf16 rounded;
    std::memcpy(&rounded, place, sizeof rounded);
    return static_cast<int>(widened(rounded));
  }
  float value;
  std::memcpy(&value, place, sizeof value);
  return static_cast<int>(value);
}

void check(dnnl_status_t status) {
  dnnl::error::wrap_c_api(status, "a matrix product failed");
}

/// oneDNN's handles of the matrices of one call, kept because making them allocates memory.
struct Arguments {
  explicit Arguments(const dnnl::matmul::primitive_desc& description)
      : source(description.src_desc(), cpu(), DNNL_MEMORY_NONE),
        destination(description.dst_desc(), cpu(), DNNL_MEMORY_NONE),
        scratchpad(description.scratchpad_desc(), cpu(), DNNL_MEMORY_NONE) {}

  memory source;
  memory destination;
  memory scratchpad;
};

}  // namespace

void rethrow(const dnnl::error& failure, const std::string& action) {
  if (failure.status == dnnl_out_of_memory) throw std::bad_alloc();
  throw Error(fmt::format("oneDNN cannot {}: {}", action, failure.what()));
}

/// A kernel for one number of rows.
struct MatrixKernels::Kernel {
  explicit Kernel(const dnnl::matmul::primitive_desc& wanted)
      : description(wanted), primitive(wanted), scratchpad_bytes(wanted.scratchpad_desc().get_size()) {}

  std::unique_ptr<Arguments> take() {
    const std::lock_guard lock(mutex);
    if (free.empty()) {
      auto made = std::make_unique<Arguments>(description);
      free.reserve(++arguments_made);  // so that giving it back allocates nothing
      return made;
    }
    auto arguments = std::move(free.back());
    free.pop_back();
    return arguments;
  }
  void give_back(std::unique_ptr<Arguments> arguments) {
    const std::lock_guard lock(mutex);
    free.push_back(std::move(arguments));
  }

  dnnl::matmul::primitive_desc description;
  dnnl::matmul primitive;
  std::size_t scratchpad_bytes;
  std::mutex mutex;
  std::vector<std::unique_ptr<Arguments>> free;
  std::size_t arguments_made = 0;
};

MatrixKernels::MatrixKernels(std::size_t in, std::size_t columns, Precision precision,
                             std::shared_ptr<WeightMemory> memory) try
    : in_(in),
      columns_(columns),
      precision_(precision),
      memory_(std::move(memory)),
      packed_(packed_format({PackedLinear::kMaxRows, in, columns, precision})) {
  streams_ = can_stream(precision) && in % kStreamedDepth == 0 && packs_in_blocks();
} catch (const dnnl::error& failure) {
  rethrow(failure, multiplication({PackedLinear::kMaxRows, in, columns, precision}));
}

MatrixKernels::~MatrixKernels() = default;

bool MatrixKernels::packs_in_blocks() const {
  // Small whole numbers, which all precisions hold, and which no other order repeats often.
  const auto probe = [&](std::size_t k, std::size_t column) {
    return static_cast<int>((k * 37 + column * 11 + k * column % 5) % 127) - 63;
  };
  std::vector<float> floats(in_ * columns_);
  std::vector<std::int8_t> bytes(in_ * columns_);
  for (std::size_t column = 0; column < columns_; ++column)
    for (std::size_t k = 0; k < in_; ++k) {
      floats[column * in_ + k] = static_cast<float>(probe(k, column));
      bytes[column * in_ + k] = static_cast<std::int8_t>(probe(k, column));
    }
  const bool int8 = precision_ == Precision::int8;
  memory packed(packed_, cpu());
  reorder(int8 ? static_cast<const void*>(bytes.data()) : floats.data(), packed);
  const std::size_t width = operand_bytes(precision_), values = sizeof(float) / width;
  const std::size_t padded = (columns_ + kStreamedColumns - 1) / kStreamedColumns * kStreamedColumns;
  if (packed_.get_size() < padded * in_ * width) return false;
  const auto* place = static_cast<const std::byte*>(packed.get_data_handle());
  for (std::size_t column = 0; column < columns_; ++column)
    for (std::size_t k = 0; k < in_; ++k)
      if (value_at(place + streamed_place(k, column, in_, values) * width, precision_) != probe(k, column))
        return false;
  return true;
}

void MatrixKernels::reorder(const void* weight, memory& packed) const {
  // Floats are rounded to bf16 on the way; int8 values come quantised.
  const Type type = precision_ == Precision::int8 ? Type::s8 : Type::f32;
  const memory::desc transposed(dims(in_, columns_), type, dims(1, in_));
  memory source(transposed, cpu(), const_cast<void*>(weight));
  dnnl::reorder(source, packed).execute(thread_stream(), source, packed);
}

PackedMatrix MatrixKernels::pack(const void* weight, const float* bias) const try {
  PackedMatrix packed{memory(packed_, cpu(), memory_->allocate(packed_.get_size())), memory(), {}};
  reorder(weight, packed.weights);
  if (precision_ != Precision::int8) {
    packed.bias = memory(matrix(1, columns_, Type::f32), cpu());
    std::copy_n(bias, columns_, static_cast<float*>(packed.bias.get_data_handle()));
  } else if (streams_) {
    const auto* values = static_cast<const std::int8_t*>(weight);
    for (std::size_t column = 0; column < columns_; ++column)
      packed.offset_sums.push_back(kStreamedOffset * std::accumulate(values + column * in_,
                                                                     values + (column + 1) * in_,
                                                                     std::int32_t{0}));
  }
  return packed;
} catch (const dnnl::error& failure) {
  rethrow(failure, fmt::format("pack weights [{}, {}] in {}", in_, columns_, name_of(precision_)));
}

MatrixKernels::Kernel& MatrixKernels::for_rows(std::size_t rows) {
  auto& slot = by_rows_[rows - 1];
  if (Kernel* ready = slot.load(std::memory_order_acquire)) return *ready;
  const std::lock_guard lock(creation_);
  if (Kernel* ready = slot.load(std::memory_order_acquire)) return *ready;
  created_.push_back(std::make_unique<Kernel>(describe({rows, in_, columns_, precision_}, packed_)));
  slot.store(created_.back().get(), std::memory_order_release);
  return *created_.back();
}

void MatrixKernels::stream(const PackedMatrix& matrix, const MatrixTask& task) const {
  const bool int8 = precision_ == Precision::int8;
  StreamedProduct product;
  product.x = task.x;
  product.rows = task.rows;
  product.in = in_;
  product.weights = matrix.weights.get_data_handle();
  product.columns = columns_;
  product.bias = int8 ? nullptr : static_cast<const float*>(matrix.bias.get_data_handle());
  product.offset_sums = matrix.offset_sums.data();
  product.y = task.y;
  product.y_stride = task.y_stride;
  product.next = task.next;
  multiply_streamed(precision_, product);
}

void MatrixKernels::multiply(const PackedMatrix& matrix, const MatrixTask& task) try {
  if (streams_) return stream(matrix, task);
  Kernel& kernel = for_rows(task.rows);
  auto arguments = kernel.take();
  arguments->source.set_data_handle(const_cast<void*>(task.x));
  arguments->destination.set_data_handle(task.y);
  arguments->scratchpad.set_data_handle(thread_scratchpad(kernel.scratchpad_bytes));
  // The C function, as the C++ one takes the arguments in a map of its own making.
  const std::array<dnnl_exec_arg_t, 5> list = {{{DNNL_ARG_SRC, arguments->source.get()},
                                                {DNNL_ARG_WEIGHTS, matrix.weights.get()},
                                                {DNNL_ARG_DST, arguments->destination.get()},
                                                {DNNL_ARG_SCRATCHPAD, arguments->scratchpad.get()},
                                                {DNNL_ARG_BIAS, matrix.bias.get(true)}}};
  const int count = precision_ == Precision::int8 ? 4 : 5;
  const dnnl_status_t status =
      dnnl_primitive_execute(kernel.primitive.get(), thread_stream().get(), count, list.data());
  kernel.give_back(std::move(arguments));
  check(status);
} catch (const dnnl::error& failure) {
  rethrow(failure, multiplication({task.rows, in_, columns_, precision_}));
}

MatrixKernelCache::MatrixKernelCache() : memory_(std::make_shared<WeightMemory>()) {}
MatrixKernelCache::~MatrixKernelCache() = default;

std::shared_ptr<MatrixKernels> MatrixKernelCache::find(std::size_t in, std::size_t columns,
                                                       Precision precision) {
  const std::lock_guard lock(mutex_);
  auto& kernels = kernels_[{in, columns, precision}];
  if (!kernels) kernels = std::make_shared<MatrixKernels>(in, columns, precision, memory_);
  return kernels;
}

}  // namespace transkimmer
