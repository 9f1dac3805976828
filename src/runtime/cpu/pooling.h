#pragma once

#include <vector>

#include "compute/threads/thread_pool.h"
#include "model/model_spec.h"
#include "runtime/pass/ragged_batch.h"

namespace transkimmer {

/// The states of each sequence's tokens put together: [tokens, hidden] -> [sequences, modes * hidden]
/// (sentence-transformers' Pooling), sequences shared by the threads.
std::vector<float> pool_states(const std::vector<Pooling>& modes, const RaggedBatch& batch,
                               const float* states, std::size_t hidden, const ThreadPool& pool);

/// Makes every row of [rows, columns] of length 1 (torch.nn.functional.normalize, which leaves what is
/// shorter than 1e-12 that much shorter).
void normalize_rows_to_length_1(std::vector<float>& values, std::size_t columns);

}  // namespace transkimmer
