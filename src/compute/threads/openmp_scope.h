#pragma once

#include <omp.h>

namespace transkimmer {

/// While it lives, OpenMP starts no threads for this one. oneDNN is built on OpenMP: without this it would
/// start threads of its own beside or inside ours, whatever number of threads the caller asked for.
class SingleThreadedOpenMp {
 public:
  SingleThreadedOpenMp() : previous_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~SingleThreadedOpenMp() { omp_set_num_threads(previous_); }
  SingleThreadedOpenMp(const SingleThreadedOpenMp&) = delete;
  SingleThreadedOpenMp& operator=(const SingleThreadedOpenMp&) = delete;

 private:
  int previous_;
};

}  // namespace transkimmer
