#include "training/pytorch_files/state_dict_pickle.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct Value;

struct None {};
/// A class or function by its full name.
struct Global {
  std::string name;
};
/// A tuple or a list.
struct Sequence {
  std::vector<Value*> items;
};
struct Dictionary {
  std::vector<std::pair<Value*, Value*>> entries;
};
using Content = std::variant<None, bool, std::int64_t, std::string, Global, Sequence, Dictionary,
                             StorageReference, PickledTensor>;
struct Value {
  Content content;
};

/// The instructions of pickle protocol 2 that Python writes for a state dict.
enum class Instruction : unsigned char {
  mark = '(',
  stop = '.',
  none = 'N',
  integer = 'J',
  byte = 'K',
  two_bytes = 'M',
  persistent = 'Q',
  call = 'R',
  text = 'X',
  append = 'a',
  set_state = 'b',
  global = 'c',
  append_all = 'e',
  get = 'h',
  long_get = 'j',
  put = 'q',
  long_put = 'r',
  set_item = 's',
  tuple = 't',
  set_items = 'u',
  empty_list = ']',
  empty_dictionary = '}',
  empty_tuple = ')',
  protocol = 0x80,
  tuple_of_1 = 0x85,
  tuple_of_2 = 0x86,
  tuple_of_3 = 0x87,
  yes = 0x88,
  no = 0x89,
  long_integer = 0x8a,
};

constexpr std::string_view kOrderedDictionary = "collections.OrderedDict";
constexpr std::string_view kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils._rebuild_parameter";

constexpr std::array<std::pair<std::string_view, DType>, 10> kStorageTypes = {{
    {"torch.DoubleStorage", DType::f64},
    {"torch.FloatStorage", DType::f32},
    {"torch.HalfStorage", DType::f16},
    {"torch.BFloat16Storage", DType::bf16},
    {"torch.LongStorage", DType::i64},
    {"torch.IntStorage", DType::i32},
    {"torch.ShortStorage", DType::i16},
    {"torch.CharStorage", DType::i8},
    {"torch.ByteStorage", DType::u8},
    {"torch.BoolStorage", DType::boolean},
}};

// What is referred to many times is copied as often, so it has to be small.
constexpr std::size_t kMaxDimensions = 64;
constexpr std::size_t kMaxKeySize = 64;
/// Of all tensors of a file together: a small file could ask for any amount of memory this way.
constexpr std::int64_t kMaxRepeatedElements = std::int64_t{1} << 28;

std::optional<DType> dtype_of_storage(std::string_view name) {
  for (const auto& [storage, dtype] : kStorageTypes)
    if (storage == name) return dtype;
  return std::nullopt;
}

/// Runs the instructions of a pickle on a stack, as Python does.
class Unpickler {
 public:
  Unpickler(std::string_view pickle, const std::string& origin) : rest_(pickle), origin_(origin) {}

  /// The value that the pickle describes; it lives as long as this object.
  const Value& run() {
    if (byte() != static_cast<unsigned char>(Instruction::protocol) || byte() != 2)
      fail("does not begin as a pickle of protocol 2, which torch.save writes");
    while (true) {
      const auto code = byte();
      const auto instruction = static_cast<Instruction>(code);
      if (instruction == Instruction::stop) return *pop();
      if (!push_scalar(instruction) && !remember(instruction) && !make_sequence(instruction) &&
          !fill(instruction) && !construct(instruction))
        fail(fmt::format("has the pickle instruction 0x{:02x}, which no state dict needs", code));
    }
  }

  [[noreturn]] void fail(const std::string& message) const { throw FormatError(origin_ + ": " + message); }

  template <class T>
  const T& as(const Value* value, const char* what) const {
    const T* content = std::get_if<T>(&value->content);
    if (content == nullptr) fail(fmt::format("has something else where {} is expected", what));
    return *content;
  }

 private:
  std::string_view bytes(std::size_t count) {
    if (count > rest_.size()) fail("ends in the middle of a pickle");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  unsigned char byte() { return static_cast<unsigned char>(bytes(1)[0]); }
  /// Little-endian.
  std::uint64_t number(std::size_t width) {
    const std::string_view digits = bytes(width);
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;) value = value << 8U | static_cast<unsigned char>(digits[i]);
    return value;
  }
  std::string line() {
    const auto end = rest_.find('\n');
    if (end == rest_.npos) fail("ends in the middle of a pickle");
    std::string text(bytes(end));
    bytes(1);
    return text;
  }

  Value* make(Content content) { return &values_.emplace_back(std::move(content)); }
  void push(Content content) { stack_.push_back(make(std::move(content))); }
  Value* pop() {
    // What lies below a mark belongs to the sequence that is being collected.
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back()))
      fail("takes more from its stack than is there");
    Value* value = stack_.back();
    stack_.pop_back();
    return value;
  }
  std::vector<Value*> pop_many(std::size_t count) {
    std::vector<Value*> values(count);
    for (std::size_t i = count; i-- > 0;) values[i] = pop();
    return values;
  }
  std::vector<Value*> pop_to_mark() {
    if (marks_.empty()) fail("takes more from its stack than is there");
    std::vector<Value*> values = pop_many(stack_.size() - marks_.back());
    marks_.pop_back();
    return values;
  }

  bool push_scalar(Instruction instruction) {
    switch (instruction) {
      case Instruction::none:
        push(None{});
        return true;
      case Instruction::yes:
        push(true);
        return true;
      case Instruction::no:
        push(false);
        return true;
      case Instruction::byte:
        push(static_cast<std::int64_t>(number(1)));
        return true;
      case Instruction::two_bytes:
        push(static_cast<std::int64_t>(number(2)));
        return true;
      case Instruction::integer:
        push(std::int64_t{static_cast<std::int32_t>(static_cast<std::uint32_t>(number(4)))});
        return true;
      case Instruction::long_integer:
        push(long_integer());
        return true;
      case Instruction::text:
        push(std::string(bytes(number(4))));
        return true;
      default:
        return false;
    }
  }

  /// Two's complement of as many bytes as it needs.
  std::int64_t long_integer() {
    const std::size_t width = byte();
    if (width > 8) fail("has an integer of more than 64 bits");
    const std::uint64_t value = number(width);
    const std::size_t unused_bits = 64 - 8 * width;
    return width == 0 ? 0 : static_cast<std::int64_t>(value << unused_bits) >> unused_bits;
  }

  bool remember(Instruction instruction) {
    switch (instruction) {
      case Instruction::put:
        store(number(1));
        return true;
      case Instruction::long_put:
        store(number(4));
        return true;
      case Instruction::get:
        recall(number(1));
        return true;
      case Instruction::long_get:
        recall(number(4));
        return true;
      default:
        return false;
    }
  }
  void store(std::uint64_t index) {
    Value* top = pop();
    stack_.push_back(top);
    memory_[index] = top;
  }
  void recall(std::uint64_t index) {
    const auto found = memory_.find(index);
    if (found == memory_.end()) fail("refers to a value that it has not made");
    stack_.push_back(found->second);
  }

  bool make_sequence(Instruction instruction) {
    switch (instruction) {
      case Instruction::mark:
        marks_.push_back(stack_.size());
        return true;
      case Instruction::empty_list:
      case Instruction::empty_tuple:
        push(Sequence{});
        return true;
      case Instruction::empty_dictionary:
        push(Dictionary{});
        return true;
      case Instruction::tuple:
        push(Sequence{pop_to_mark()});
        return true;
      case Instruction::tuple_of_1:
        push(Sequence{pop_many(1)});
        return true;
      case Instruction::tuple_of_2:
        push(Sequence{pop_many(2)});
        return true;
      case Instruction::tuple_of_3:
        push(Sequence{pop_many(3)});
        return true;
      default:
        return false;
    }
  }

  bool fill(Instruction instruction) {
    switch (instruction) {
      case Instruction::append:
        append(pop_many(1));
        return true;
      case Instruction::append_all:
        append(pop_to_mark());
        return true;
      case Instruction::set_item:
        set_items(pop_many(2));
        return true;
      case Instruction::set_items:
        set_items(pop_to_mark());
        return true;
      case Instruction::set_state:
        pop();
        return true;  // only `_metadata`, which says nothing of the weights
      default:
        return false;
    }
  }
  /// The container on top of the stack, which stays there.
  template <class T>
  T& top(const char* what) {
    Value* value = pop();
    stack_.push_back(value);
    as<T>(value, what);
    return std::get<T>(value->content);
  }
  void append(const std::vector<Value*>& items) {
    auto& list = top<Sequence>("a list").items;
    list.insert(list.end(), items.begin(), items.end());
  }
  void set_items(const std::vector<Value*>& items) {
    auto& entries = top<Dictionary>("a dictionary").entries;
    if (items.size() % 2 != 0) fail("has a dictionary key without a value");
    for (std::size_t i = 0; i < items.size(); i += 2) entries.emplace_back(items[i], items[i + 1]);
  }

  bool construct(Instruction instruction) {
    switch (instruction) {
      case Instruction::global:
        push_global();
        return true;
      case Instruction::call:
        call();
        return true;
      case Instruction::persistent:
        push(storage(as<Sequence>(pop(), "a storage")));
        return true;
      default:
        return false;
    }
  }
  void push_global() {
    const std::string module = line();
    const std::string name = module + "." + line();
    const bool known = name == kOrderedDictionary || name == kRebuildTensor || name == kRebuildParameter ||
                       dtype_of_storage(name).has_value();
    if (!known)
      fail(fmt::format("needs {}, which is not part of a state dict of plain tensors", in_quotes(name)));
    push(Global{name});
  }
  void call() {
    const auto& arguments = as<Sequence>(pop(), "a tuple of arguments");
    const std::string& function = as<Global>(pop(), "a function").name;
    if (function == kOrderedDictionary) {
      if (!arguments.items.empty()) fail("has an OrderedDict in a form that torch.save does not write");
      push(Dictionary{});
    } else if (function == kRebuildTensor) {
      push(tensor(arguments.items));
    } else if (function == kRebuildParameter && !arguments.items.empty()) {
      push(as<PickledTensor>(arguments.items[0], "a tensor"));
    } else {
      fail("calls " + function + ", which is no function of a state dict");
    }
  }

  /// ('storage', torch.FloatStorage, key, device, elements)
  StorageReference storage(const Sequence& id) const {
    if (id.items.size() != 5) fail("describes a storage in a form that torch.save does not write");
    const auto& key = as<std::string>(id.items[2], "the key of a storage");
    if (key.size() > kMaxKeySize)
      fail("has a storage whose key is " + std::to_string(key.size()) + " characters long");
    const std::string& type = as<Global>(id.items[1], "the type of a storage").name;
    const auto dtype = dtype_of_storage(type);
    if (!dtype) fail(type + " is no type of a storage");
    return {.key = key, .dtype = *dtype, .elements = as<std::int64_t>(id.items[4], "the size of a storage")};
  }

  /// (storage, offset, shape, strides, requires_grad, hooks)
  PickledTensor tensor(const std::vector<Value*>& arguments) const {
    if (arguments.size() < 4) fail("describes a tensor in a form that torch.save does not write");
    return {.name = {},
            .storage = as<StorageReference>(arguments[0], "a storage"),
            .offset = as<std::int64_t>(arguments[1], "the offset of a tensor"),
            .shape = integers(as<Sequence>(arguments[2], "a shape")),
            .strides = integers(as<Sequence>(arguments[3], "the strides of a tensor"))};
  }
  std::vector<std::int64_t> integers(const Sequence& sequence) const {
    if (sequence.items.size() > kMaxDimensions)
      fail(fmt::format("has a tensor of {} dimensions", sequence.items.size()));
    std::vector<std::int64_t> numbers;
    for (const Value* item : sequence.items) numbers.push_back(as<std::int64_t>(item, "a whole number"));
    return numbers;
  }

  std::string_view rest_;
  const std::string& origin_;
  std::deque<Value> values_;  // owns them: a pickle may make values that contain themselves
  std::vector<Value*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Value*> memory_;
};

/// Why the tensor cannot be a view of its storage; empty when it can.
std::string layout_fault(const PickledTensor& tensor) {
  if (tensor.shape.size() != tensor.strides.size()) return "has another number of strides than of dimensions";
  std::int64_t elements = 1;
  std::int64_t last = tensor.offset;
  bool fits = tensor.offset >= 0 && tensor.storage.elements >= 0;
  bool empty = false;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    const std::int64_t extent = tensor.shape[i];
    if (extent < 0 || tensor.strides[i] < 0) return "has a negative dimension or stride";
    empty = empty || extent == 0;
    if (tensor.strides[i] == 0) continue;  // expand() repeats what is there
    std::int64_t reach = 0;
    if (__builtin_mul_overflow(extent - 1, tensor.strides[i], &reach) ||
        __builtin_add_overflow(last, reach, &last) || __builtin_mul_overflow(elements, extent, &elements))
      fits = false;
  }
  if (empty) return {};
  // More elements than the storage has would be views that overlap themselves: no weight is one.
  if (!fits || last >= tensor.storage.elements || elements > tensor.storage.elements)
    return fmt::format("of shape {} reaches beyond its storage of {} elements", shape_text(tensor.shape),
                       tensor.storage.elements);
  return {};
}

/// How many elements the tensor has beyond those of its storage, for expand() has repeated them; nothing when
/// it is more than `most`.
std::optional<std::int64_t> repeated_elements(const PickledTensor& tensor, std::int64_t most) {
  if (std::ranges::find(tensor.shape, 0) != tensor.shape.end()) return 0;
  std::int64_t elements = 1;
  for (const std::int64_t extent : tensor.shape)
    if (__builtin_mul_overflow(elements, extent, &elements)) return std::nullopt;
  const std::int64_t repeated = std::max<std::int64_t>(0, elements - tensor.storage.elements);
  return repeated <= most ? std::optional(repeated) : std::nullopt;
}

}  // namespace

std::vector<PickledTensor> read_state_dict(std::string_view pickle, const std::string& origin) {
  Unpickler unpickler(pickle, origin);
  const auto& dictionary = unpickler.as<Dictionary>(&unpickler.run(), "a state dict");
  std::vector<PickledTensor> tensors;
  std::set<std::string_view> names;
  std::int64_t left = kMaxRepeatedElements;
  for (const auto& [key, value] : dictionary.entries) {
    const auto& name = unpickler.as<std::string>(key, "the name of a tensor");
    if (!names.insert(name).second) unpickler.fail(fmt::format("tensor {} is there twice", in_quotes(name)));
    const auto* tensor = std::get_if<PickledTensor>(&value->content);
    if (tensor == nullptr)
      unpickler.fail(fmt::format("entry {} is no tensor, expected a state dict", in_quotes(name)));
    if (const std::string fault = layout_fault(*tensor); !fault.empty())
      unpickler.fail(fmt::format("tensor {} {}", in_quotes(name), fault));
    const auto repeated = repeated_elements(*tensor, left);
    if (!repeated)
      unpickler.fail(fmt::format("tensor {} of shape {} repeats its {} elements too often", in_quotes(name),
                                 shape_text(tensor->shape), tensor->storage.elements));
    left -= *repeated;
    tensors.push_back(*tensor);
    tensors.back().name = name;
  }
  return tensors;
}

}  // namespace transkimmer
