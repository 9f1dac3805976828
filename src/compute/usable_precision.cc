#include "compute/usable_precision.h"

#include <oneapi/dnnl/dnnl.hpp>

namespace transkimmer {

Precision usable_precision(Precision wanted) {
  const auto machine = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto has = [machine](dnnl::cpu_isa set) {
    return (machine & static_cast<unsigned>(set)) == static_cast<unsigned>(set);
  };
  switch (wanted) {
    case Precision::bf16:
    case Precision::automatic:
      return has(dnnl::cpu_isa::avx512_core_bf16) ? Precision::bf16 : Precision::f32;
    case Precision::int8:
      return has(dnnl::cpu_isa::avx512_core_vnni) ? Precision::int8 : Precision::f32;
    default:
      return Precision::f32;
  }
}

}  // namespace transkimmer
