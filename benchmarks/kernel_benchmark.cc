// The engine's kernels on one thread, with the fraction of what the machine can do at best, which is measured
// first: of the peak of arithmetic for products and attention, of the memory's bandwidth for the weights of
// products of few rows, of the bandwidth of copies in the second-level cache for passes over rows.
#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "compute/kernels/attention.h"
#include "compute/kernels/kernels.h"
#include "compute/products/packed_linear.h"
#include "compute/threads/openmp_scope.h"
#include "compute/usable_precision.h"
#include "peaks.h"
#include "runtime/cpu/workspace.h"

namespace transkimmer {
namespace {

/// As many rows as the engine hands to one thread at a time.
constexpr std::size_t kRows = 128;

/// Aligned as the engine's buffers are.
FloatBuffer random_floats(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  FloatBuffer values;
  std::generate_n(values.reserve(count), count, [&] { return normal(generator); });
  return values;
}

/// Operands of a row kernel over [kRows, columns].
struct Rows {
  explicit Rows(const benchmark::State& state)
      : shape{kRows, static_cast<std::size_t>(state.range(0))},
        x(random_floats(shape.rows * shape.columns, 1)),
        residual(random_floats(shape.rows * shape.columns, 2)),
        out(random_floats(shape.rows * shape.columns, 3)),
        gamma(random_floats(shape.columns, 4)),
        beta(random_floats(shape.columns, 5)) {}

  NormWeights norm() const { return {gamma.data(), beta.data(), 1e-12F}; }

  RowShape shape;
  FloatBuffer x, residual, out, gamma, beta;
};

const Peaks& peaks() {
  static const Peaks measured = measure_peaks(1);
  return measured;
}

/// A counter of `done_per_iteration` a second over what would be possible.
void count_fraction(benchmark::State& state, const char* name, double done_per_iteration, double possible) {
  if (possible > 0)
    state.counters[name] =
        benchmark::Counter(done_per_iteration / possible, benchmark::Counter::kIsIterationInvariantRate);
}

void count_rows(benchmark::State& state, std::size_t floats_per_row) {
  const auto rows = static_cast<std::int64_t>(state.iterations() * kRows);
  const std::size_t row_bytes = floats_per_row * sizeof(float);
  state.SetItemsProcessed(rows);
  state.SetBytesProcessed(rows * static_cast<std::int64_t>(row_bytes));
  count_fraction(state, "of_cache_bandwidth", static_cast<double>(kRows * row_bytes),
                 peaks().cache_bandwidth);
}

void count_macs(benchmark::State& state, std::size_t macs_per_iteration, Precision precision) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * macs_per_iteration));
  count_fraction(state, "of_peak", 2.0 * static_cast<double>(macs_per_iteration), peaks().of(precision));
}

void bench_add_layer_norm(benchmark::State& state) {
  Rows rows(state);
  for (auto _ : state)
    add_layer_norm(rows.x.data(), rows.residual.data(), rows.norm(), rows.shape, rows.out.data());
  count_rows(state, 3 * rows.shape.columns);
}
BENCHMARK(bench_add_layer_norm)->Arg(128)->Arg(256)->Arg(768);

/// The same with the statistics that a predictor needs.
void bench_add_layer_norm_statistics(benchmark::State& state) {
  Rows rows(state);
  const FloatBuffer inverse_deviations = random_floats(kRows, 6), means = random_floats(kRows, 7);
  for (auto _ : state)
    add_layer_norm(rows.x.data(), rows.residual.data(), rows.norm(), rows.shape, rows.out.data(),
                   {{}, {1e-5F, inverse_deviations.data(), means.data()}});
  count_rows(state, 3 * rows.shape.columns);
}
BENCHMARK(bench_add_layer_norm_statistics)->Arg(128)->Arg(256)->Arg(768);

void bench_skim_margins(benchmark::State& state) {
  Rows rows(state);
  const SkimDecision decision{rows.beta.data(), rows.norm(), rows.gamma.data(), 0.1F};
  const FloatBuffer inverse_deviations(random_floats(kRows, 6));
  for (auto _ : state) {
    // What it overwrites would grow or vanish from one iteration to the next.
    std::copy_n(rows.residual.data(), rows.shape.rows * rows.shape.columns, rows.x.data());
    skim_margins(rows.x.data(), inverse_deviations.data(), decision, rows.shape, rows.out.data());
  }
  count_rows(state, rows.shape.columns);
}
BENCHMARK(bench_skim_margins)->Arg(64)->Arg(128)->Arg(768);

void bench_embed(benchmark::State& state) {
  Rows rows(state);
  const std::size_t columns = rows.shape.columns;
  std::vector<EmbeddingRow> tokens(kRows);
  for (std::size_t row = 0; row < kRows; ++row)
    tokens[row] = {rows.x.data() + row * columns, rows.residual.data() + row * columns, rows.beta.data()};
  for (auto _ : state) embed(tokens.data(), rows.norm(), rows.shape, rows.out.data());
  count_rows(state, 3 * columns);
}
BENCHMARK(bench_embed)->Arg(128)->Arg(256)->Arg(768);

/// One head of one sequence of range(0) tokens; the rate is in multiply-accumulates.
template <typename Value>
void time_attention(benchmark::State& state, void (*attend_head)(const AttentionHeadOf<Value>&, float*),
                    Precision precision) {
  const auto tokens = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t kHeadSize = 64;
  const std::size_t count = tokens * kHeadSize;
  const FloatBuffer floats = random_floats(3 * count, 1), out = random_floats(count, 2);
  OperandBuffer buffer;
  buffer.reserve(1, 3 * count, precision);
  const OperandRows operand = buffer.rows(floats.data());
  write_operand(floats.data(), 1, operand);
  FloatBuffer scratch;
  scratch.reserve(attention_scratch_floats(tokens, kHeadSize));
  AttentionHeadOf<Value> head;
  head.query = static_cast<const Value*>(operand.values);
  head.key = head.query + count;
  head.value = head.key + count;
  head.out = out.data();
  head.query_stride = head.key_value_stride = head.out_stride = head.head_size = kHeadSize;
  head.tokens = head.queries = tokens;
  for (auto _ : state) attend_head(head, scratch.data());
  count_macs(state, 2 * tokens * tokens * kHeadSize, precision);
}

void bench_attention(benchmark::State& state) {
  time_attention<float>(state, attend, Precision::f32);
}
BENCHMARK(bench_attention)->Arg(16)->Arg(25)->Arg(40)->Arg(128)->Arg(512);

void bench_attention_bf16(benchmark::State& state) {
  if (!can_attend_rounded(64)) {
    state.SkipWithError("no instructions for it");
    return;
  }
  time_attention<Bf16>(state, attend_rounded, Precision::bf16);
}
BENCHMARK(bench_attention_bf16)->Arg(16)->Arg(25)->Arg(40)->Arg(128)->Arg(512);

/// range(0) rows through [768] -> gelu -> [3072] in precision range(1), weights in the cache or, by range(2)
/// sets of them in turn, not; the rate is in multiply-accumulates.
void bench_product(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const auto precision = static_cast<Precision>(state.range(1));
  constexpr std::size_t kIn = 768, kOut = 3072;
  if (usable_precision(precision) != precision) {
    state.SkipWithError("no instructions for it");
    return;
  }
  const FloatBuffer x = random_floats(rows * kIn, 1), weight = random_floats(kOut * kIn, 2),
                    bias = random_floats(kOut, 3), y = random_floats(rows * kOut, 4);
  MatrixKernelCache kernels;
  std::vector<PackedLinear> linears;
  for (std::int64_t i = 0; i < state.range(2); ++i)
    linears.emplace_back(LinearShape{kIn, kOut, Activation::gelu, precision, precision != Precision::f32},
                         std::span(weight.data(), kOut * kIn), std::span(bias.data(), kOut), 1, kernels);
  OperandBuffer buffer;
  buffer.reserve(rows, kIn, precision);
  const OperandRows operand = buffer.rows(x.data());
  write_operand(x.data(), rows, operand);
  std::size_t next = 0;
  for (auto _ : state) linears[next++ % linears.size()].multiply(operand, rows, y.data());
  count_macs(state, rows * kIn * kOut, precision);
  if (linears.size() > 1)
    count_fraction(state, "of_memory_bandwidth", static_cast<double>(kIn * kOut * operand_bytes(precision)),
                   peaks().memory_bandwidth);
  state.SetLabel(std::string(name_of(precision)));
}
BENCHMARK(bench_product)
    ->ArgNames({"rows", "precision", "weights"})
    ->ArgsProduct({{1, 4, 16, 64}, {0, 1, 2}, {1, 24}});

}  // namespace
}  // namespace transkimmer

int main(int argc, char** argv) {
  // Without it oneDNN shares products among all processors.
  const transkimmer::SingleThreadedOpenMp single_threaded;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
