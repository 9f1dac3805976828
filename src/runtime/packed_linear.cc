#include "runtime/packed_linear.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>

#include <fmt/format.h>
#include <oneapi/dnnl/dnnl.hpp>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using dnnl::memory;

/// Narrower panels would leave the 48 to 64 columns of the widest matrix kernels unfilled.
constexpr std::size_t kNarrowestPanel = 64;

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

memory::desc matrix(std::size_t rows, std::size_t columns, std::size_t stride) {
  return {{static_cast<memory::dim>(rows), static_cast<memory::dim>(columns)},
          memory::data_type::f32,
          {static_cast<memory::dim>(stride), 1}};
}

dnnl::primitive_attr attributes(Activation activation) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (activation == Activation::gelu) {
    dnnl::post_ops post;
#if DNNL_VERSION_MAJOR >= 3
    post.append_eltwise(dnnl::algorithm::eltwise_gelu_erf, 0.f, 0.f);
#else
    post.append_eltwise(1.f, dnnl::algorithm::eltwise_gelu_erf, 0.f, 0.f);
#endif
    attr.set_post_ops(post);
  }
  return attr;
}

dnnl::matmul::primitive_desc describe(std::size_t rows, std::size_t columns, const LinearShape& shape,
                                      const memory::desc& weights) try {
  const auto src = matrix(rows, shape.in, shape.in);
  const auto bias = matrix(1, columns, columns);
  const auto dst = matrix(rows, columns, shape.out);
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(), src, weights, bias, dst, attributes(shape.activation)};
#else
  return {{src, weights, bias, dst}, attributes(shape.activation), cpu()};
#endif
} catch (const dnnl::error& refusal) {
  throw Error(fmt::format("oneDNN cannot multiply [{}, {}] by [{}, {}]: {}", rows, shape.in, shape.in,
                          columns, refusal.what()));
}

/// A kernel for one number of rows.
struct Kernel {
  explicit Kernel(const dnnl::matmul::primitive_desc& description)
      : primitive(description),
        source(description.src_desc()),
        destination(description.dst_desc()),
        scratchpad(description.scratchpad_desc()) {}

  dnnl::matmul primitive;
  memory::desc source;
  memory::desc destination;
  memory::desc scratchpad;
};

}  // namespace

/// The kernels of one shape, all of which read the same packed format.
class MatrixKernels {
 public:
  MatrixKernels(const LinearShape& shape, std::size_t columns)
      : shape_(shape),
        columns_(columns),
        packed_(describe(PackedLinear::max_rows, columns, shape,
                         memory::desc({static_cast<memory::dim>(shape.in), static_cast<memory::dim>(columns)},
                                      memory::data_type::f32, memory::format_tag::any))
                    .weights_desc()) {}

  const memory::desc& packed_format() const { return packed_; }

  const Kernel& for_rows(std::size_t rows) {
    auto& slot = by_rows_[rows - 1];
    if (const Kernel* ready = slot.load(std::memory_order_acquire)) return *ready;
    const std::lock_guard lock(creation_);
    if (const Kernel* ready = slot.load(std::memory_order_acquire)) return *ready;
    created_.push_back(std::make_unique<const Kernel>(describe(rows, columns_, shape_, packed_)));
    slot.store(created_.back().get(), std::memory_order_release);
    return *created_.back();
  }

 private:
  LinearShape shape_;
  std::size_t columns_;
  memory::desc packed_;
  std::array<std::atomic<const Kernel*>, PackedLinear::max_rows> by_rows_{};
  std::mutex creation_;
  std::vector<std::unique_ptr<const Kernel>> created_;
};

std::shared_ptr<MatrixKernels> MatrixKernelCache::find(const LinearShape& shape, std::size_t columns) {
  const std::lock_guard lock(mutex_);
  auto& kernels = kernels_[{shape.in, shape.out, shape.activation, columns}];
  if (!kernels) kernels = std::make_shared<MatrixKernels>(shape, columns);
  return kernels;
}

struct PackedLinear::Panel {
  Panel(std::shared_ptr<MatrixKernels> shared_kernels, std::size_t first, std::size_t columns, std::size_t in,
        const float* weight, const float* bias_values)
      : kernels(std::move(shared_kernels)),
        first_column(first),
        packed(kernels->packed_format(), cpu()),
        bias(matrix(1, columns, columns), cpu()) {
    const memory::desc transposed({static_cast<memory::dim>(in), static_cast<memory::dim>(columns)},
                                  memory::data_type::f32, {1, static_cast<memory::dim>(in)});
    memory source(transposed, cpu(), const_cast<float*>(weight + first * in));
    dnnl::reorder(source, packed).execute(thread_stream(), source, packed);
    std::copy_n(bias_values + first, columns, static_cast<float*>(bias.get_data_handle()));
  }

  void multiply(const float* x, std::size_t rows, float* y) const {
    const Kernel& kernel = kernels->for_rows(rows);
    const memory source(kernel.source, cpu(), const_cast<float*>(x));
    const memory destination(kernel.destination, cpu(), y + first_column);
    const memory scratchpad(kernel.scratchpad, cpu(), thread_scratchpad(kernel.scratchpad.get_size()));
    kernel.primitive.execute(thread_stream(), {{DNNL_ARG_SRC, source},
                                               {DNNL_ARG_WEIGHTS, packed},
                                               {DNNL_ARG_BIAS, bias},
                                               {DNNL_ARG_DST, destination},
                                               {DNNL_ARG_SCRATCHPAD, scratchpad}});
  }

  std::shared_ptr<MatrixKernels> kernels;
  std::size_t first_column;
  memory packed;
  memory bias;
};

PackedLinear::PackedLinear(const LinearShape& shape, std::span<const float> weight,
                           std::span<const float> bias, int panels, MatrixKernelCache& kernels)
    : shape_(shape) {
  const std::size_t wanted = std::clamp<std::size_t>(shape.out / kNarrowestPanel, 1, std::max(panels, 1));
  const std::size_t even = (shape.out + wanted - 1) / wanted;
  const std::size_t width = (even + kNarrowestPanel - 1) / kNarrowestPanel * kNarrowestPanel;
  for (std::size_t first = 0; first < shape.out; first += width) {
    const std::size_t columns = std::min(width, shape.out - first);
    panels_.push_back(std::make_unique<const Panel>(kernels.find(shape, columns), first, columns, shape.in,
                                                    weight.data(), bias.data()));
  }
}

PackedLinear::PackedLinear(PackedLinear&&) noexcept = default;
PackedLinear& PackedLinear::operator=(PackedLinear&&) noexcept = default;
PackedLinear::~PackedLinear() = default;

void PackedLinear::multiply_panel(std::size_t panel, const float* x, std::size_t rows, float* y) const {
  for (std::size_t first = 0; first < rows; first += max_rows)
    panels_[panel]->multiply(x + first * shape_.in, std::min(max_rows, rows - first), y + first * shape_.out);
}

void PackedLinear::multiply(const float* x, std::size_t rows, float* y) const {
  for (std::size_t panel = 0; panel < panels_.size(); ++panel) multiply_panel(panel, x, rows, y);
}

}  // namespace transkimmer
