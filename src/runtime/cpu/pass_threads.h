#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/products/packed_linear.h"
#include "compute/threads/shared_loops.h"
#include "compute/threads/thread_pool.h"
#include "runtime/cpu/workspace.h"
#include "runtime/pass/profile.h"

namespace transkimmer {

/// The threads of one forward pass: the loops and products that they share, timed where the pass is profiled.
class PassThreads {
 public:
  PassThreads(const ThreadPool& pool, Workspace& workspace, bool profiled)
      : loops(pool), space_(workspace), profiled_(profiled) {}

  Workspace::PerThread& own(int worker) const { return space_.per_thread[static_cast<std::size_t>(worker)]; }
  /// Where the times of a thread go; empty when none are taken.
  OperationTimes* times(int worker) const { return profiled_ ? &own(worker).times : nullptr; }
  OperationTimer time(int worker, Operation operation, std::uint64_t macs = 0) const {
    return {times(worker), operation, macs};
  }

  /// Where a thread begins with a product that others run at the same time.
  static std::size_t panel_of(int worker) { return static_cast<std::size_t>(worker); }

  /// y = linear(x), shared by columns when there are few rows, else by rows.
  void multiply(Operation operation, const PackedLinear& linear, const OperandRows& x, std::size_t rows,
                void* y) const {
    const std::size_t macs_per_row = linear.shape().in * linear.shape().out;
    if (loops.few_rows(rows)) {
      loops.for_tasks(linear.panels(), rows * macs_per_row, [&](std::size_t panel, int worker) {
        const OperationTimer timer = time(worker, operation, rows * linear.panel_macs_per_row(panel));
        linear.multiply_panel(panel, x, rows, y);
      });
      return;
    }
    loops.for_row_pieces(rows, macs_per_row, [&](std::size_t begin, std::size_t count, int worker) {
      const OperationTimer timer = time(worker, operation, count * macs_per_row);
      linear.multiply(x.from(begin), count, linear.result_row(y, begin), panel_of(worker));
    });
  }

  const SharedLoops loops;

 private:
  Workspace& space_;
  const bool profiled_;
};

}  // namespace transkimmer
