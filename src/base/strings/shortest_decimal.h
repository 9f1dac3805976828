#pragma once

namespace transkimmer {

/// The double whose shortest decimal form is that of `value`: 0.1f is written 0.1, not 0.10000000149011612.
double shortest_decimal(float value);

}  // namespace transkimmer
