# The protobuf messages of ONNX, which Debian packages apart from any framework. Debian's own ONNXConfig.cmake expects
# the caller to have found protobuf, so library and header are found directly. Defines OnnxProto::onnx_proto.
find_package(Protobuf QUIET)
find_path(ONNX_PROTO_INCLUDE_DIR NAMES onnx/onnx_pb.h)
find_library(ONNX_PROTO_LIBRARY NAMES onnx_proto)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OnnxProto
  REQUIRED_VARS ONNX_PROTO_LIBRARY ONNX_PROTO_INCLUDE_DIR Protobuf_FOUND)
if(OnnxProto_FOUND AND NOT TARGET OnnxProto::onnx_proto)
  add_library(OnnxProto::onnx_proto UNKNOWN IMPORTED)
  set_target_properties(OnnxProto::onnx_proto PROPERTIES
    IMPORTED_LOCATION ${ONNX_PROTO_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${ONNX_PROTO_INCLUDE_DIR}
    INTERFACE_COMPILE_DEFINITIONS "ONNX_NAMESPACE=onnx;ONNX_ML=1"
    INTERFACE_LINK_LIBRARIES protobuf::libprotobuf)
endif()
