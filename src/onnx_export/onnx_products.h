#pragma once

namespace transkimmer {

/// What the products of an ONNX model's layers multiply; everything else is f32.
enum class OnnxProducts { f32, int8 };

}  // namespace transkimmer
