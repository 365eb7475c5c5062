#include "checkpoint/restricted_unpickler.h"

#include <bit>
#include <optional>
#include <string_view>
#include <unordered_map>

#include <anomalyclip/error.h>

#include "checkpoint/pickle_bytes.h"
#include "checkpoint/pickle_globals.h"
#include "checkpoint/pickle_opcodes.h"

namespace anomalyclip::pickle {
namespace {

constexpr std::size_t kMaxValues = 500'000;  // a ViT-L/14 takes about 20 000
constexpr std::size_t kMaxStack = 500'000;
constexpr std::size_t kMaxAxes = 16;

class Reader : ByteReader {
 public:
  using ByteReader::ByteReader;

  Document read() {
    while (true) {
      const auto op = static_cast<Op>(byte());
      if (op == kStop) break;
      if (!push_literal(op) && !build_container(op) && !use_memo(op)) apply(op);
    }
    document_.root = pop();
    document_.length = position();
    return std::move(document_);
  }

 private:
  // ---- stack

  Value* make(Value value) {
    if (document_.values.size() >= kMaxValues)
      fail("holds more than " + std::to_string(kMaxValues) + " values");
    return &document_.values.emplace_back(std::move(value));
  }

  void push(Value* value) {
    if (stack_.size() >= kMaxStack) fail("needs too deep a stack");
    stack_.push_back(value);
  }

  bool push_new(Value value) {
    push(make(std::move(value)));
    return true;
  }

  Value* pop() {
    Value* value = top();
    stack_.pop_back();
    return value;
  }

  Value* top() const {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back()))
      fail("takes more values than it has put down");
    return stack_.back();
  }

  std::vector<const Value*> pop_to_mark() {
    if (marks_.empty()) fail("closes a group that it has not opened");
    const std::vector<const Value*> items(stack_.begin() + std::ptrdiff_t(marks_.back()),
                                          stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  std::vector<const Value*> pop_some(std::size_t count) {
    std::vector<const Value*> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    return items;
  }

  template <typename T>
  T& top_as(const char* expected) {
    if (T* value = std::get_if<T>(static_cast<Value::variant*>(top()))) return *value;
    fail(std::string("adds to something that is not a ") + expected);
  }

  // ---- instructions, by kind

  bool push_literal(Op op) {
    switch (op) {
      case kNone:
        return push_new(std::monostate());
      case kNewTrue:
        return push_new(true);
      case kNewFalse:
        return push_new(false);
      case kBinInt:
        return push_new(std::int64_t(std::int32_t(number(4))));
      case kBinInt1:
        return push_new(std::int64_t(number(1)));
      case kBinInt2:
        return push_new(std::int64_t(number(2)));
      case kLong1:
        return push_long(number(1));
      case kLong4:
        return push_long(number(4));
      case kBinFloat:
        return push_float();
      case kShortBinUnicode:
      case kShortBinString:
      case kShortBinBytes:
        return push_new(text(number(1)));
      case kBinUnicode:
      case kBinString:
      case kBinBytes:
        return push_new(text(number(4)));
      case kBinUnicode8:
        return push_new(text(number(8)));
      default:
        return false;
    }
  }

  bool push_long(std::uint64_t width) {
    if (width > 8) return push_new(text(width));
    std::uint64_t value = number(width);
    const std::uint64_t sign = width == 0 ? 0 : std::uint64_t(1) << (8 * width - 1);
    if (width < 8 && (value & sign) != 0) value |= ~std::uint64_t(0) << (8 * width);
    return push_new(std::int64_t(value));
  }

  bool push_float() {  // big-endian, alone among all of them
    std::uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) bits = bits << 8 | byte();
    return push_new(std::bit_cast<double>(bits));
  }

  bool build_container(Op op) {
    switch (op) {
      case kEmptyTuple:
      case kEmptyList:
        return push_new(Sequence{});
      case kTuple:
        return push_new(Sequence{pop_to_mark()});
      case kTuple1:
        return push_new(Sequence{pop_some(1)});
      case kTuple2:
        return push_new(Sequence{pop_some(2)});
      case kTuple3:
        return push_new(Sequence{pop_some(3)});
      case kAppend:
        return append(pop_some(1));
      case kAppends:
        return append(pop_to_mark());
      case kEmptyDict:
        return push_new(Dict{});
      case kSetItem:
        return set_items(pop_some(2));
      case kSetItems:
        return set_items(pop_to_mark());
      default:
        return false;
    }
  }

  bool append(const std::vector<const Value*>& items) {
    auto& list = top_as<Sequence>("list").items;
    list.insert(list.end(), items.begin(), items.end());
    return true;
  }

  bool set_items(const std::vector<const Value*>& items) {
    auto& entries = top_as<Dict>("dict").entries;
    if (items.size() % 2 != 0) fail("gives a dict a key without a value");
    for (std::size_t i = 0; i < items.size(); i += 2) entries.emplace_back(items[i], items[i + 1]);
    return true;
  }

  bool use_memo(Op op) {
    switch (op) {
      case kBinPut:
        return remember(number(1));
      case kLongBinPut:
        return remember(number(4));
      case kMemoize:
        return remember(memo_.size());
      case kBinGet:
        return recall(number(1));
      case kLongBinGet:
        return recall(number(4));
      default:
        return false;
    }
  }

  bool remember(std::uint64_t index) {
    memo_[index] = top();
    if (memo_.size() > kMaxValues) fail("remembers too much");
    return true;
  }

  bool recall(std::uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) fail("recalls what it has not remembered");
    push(found->second);
    return true;
  }

  void apply(Op op) {
    switch (op) {
      case kProto:
        return check_protocol(byte());
      case kFrame:
        return static_cast<void>(number(8));
      case kMark:
        return open_group();
      case kPop:
        return static_cast<void>(pop());
      case kPopMark:
        return static_cast<void>(pop_to_mark());
      case kGlobal:
        return push_line_global();
      case kStackGlobal:
        return push_stack_global();
      case kReduce:
        return reduce();
      case kNewObj:
        return new_object();
      case kBuild:
        return build();
      case kBinPersId:
        return push_storage();
      default:
        fail("holds the instruction " + std::to_string(int(op)) +
             ", which checkpoints do not need");
    }
  }

  void check_protocol(int protocol) const {
    if (protocol < 2 || protocol > 5)
      fail("has protocol " + std::to_string(protocol) + ", and 2 to 5 are read");
  }

  void open_group() {
    if (marks_.size() >= kMaxStack) fail("needs too deep a stack");
    marks_.push_back(stack_.size());
  }

  // ---- names, and what may be done with them

  void push_global(const std::string& name) {
    if (!is_admitted(name))
      throw Error(ErrorCode::kRead, source() + ": refused: its pickle asks for \"" +
                                        printable(name) +
                                        "\". Only tensors, containers and numbers are admitted; "
                                        "opened in Python, such a file may run code. "
                                        "If you trust where it comes from, save its state dict "
                                        "alone: torch.save(model.state_dict(), ...)");
    push_new(Global{name});
  }

  void push_line_global() {
    const std::string module = line();
    push_global(module + "." + line());
  }

  void push_stack_global() {
    const auto parts = pop_some(2);
    const auto* module = parts[0]->as<std::string>();
    const auto* name = parts[1]->as<std::string>();
    if (module == nullptr || name == nullptr)
      fail("names a global by something that is not a string");
    push_global(*module + "." + *name);
  }

  void reduce() {
    const auto parts = pop_some(2);
    const auto* callable = parts[0]->as<Global>();
    const auto* arguments = parts[1]->as<Sequence>();
    if (callable == nullptr || arguments == nullptr) fail("calls something that is not a function");
    if (callable->name == "collections.OrderedDict") return ordered_dict(arguments->items);
    if (rebuilds_tensor(callable->name)) return tensor(arguments->items);
    if (!returns_first_argument(callable->name) || arguments->items.empty())
      fail("calls \"" + printable(callable->name) + "\", which cannot be called");
    push(const_cast<Value*>(
        arguments->items[0]));  // all values belong to document_, none is const there
  }

  void ordered_dict(const std::vector<const Value*>& arguments) {
    Dict dict;
    const Sequence* pairs = arguments.empty() ? nullptr : arguments[0]->as<Sequence>();
    if (arguments.size() > 1 || (!arguments.empty() && pairs == nullptr))
      fail("makes an OrderedDict of no list of pairs");
    if (pairs != nullptr) {
      copied_ += pairs->items.size();
      if (copied_ > kMaxValues) fail("copies the same list again and again");
      for (const Value* item : pairs->items) {
        const auto* pair = item->as<Sequence>();
        if (pair == nullptr || pair->items.size() != 2)
          fail("makes an OrderedDict of no list of pairs");
        dict.entries.emplace_back(pair->items[0], pair->items[1]);
      }
    }
    push_new(std::move(dict));
  }

  void tensor(const std::vector<const Value*>&
                  arguments) {  // storage, offset, sizes, strides, and what is not needed
    if (arguments.size() < 4) fail("makes a tensor of too few values");
    const auto* storage = arguments[0]->as<Storage>();
    const auto* offset = arguments[1]->as<std::int64_t>();
    if (storage == nullptr || offset == nullptr)
      fail("makes a tensor of something that is not a storage");
    push_new(
        TensorView{storage, *offset, whole_numbers(arguments[2]), whole_numbers(arguments[3])});
  }

  std::vector<std::int64_t> whole_numbers(const Value* value) const {
    const auto* sequence = value->as<Sequence>();
    if (sequence == nullptr || sequence->items.size() > kMaxAxes)
      fail("gives a tensor a shape that is no short list");
    std::vector<std::int64_t> numbers;
    for (const Value* item : sequence->items) {
      const auto* number = item->as<std::int64_t>();
      if (number == nullptr) fail("gives a tensor a shape that holds no whole number");
      numbers.push_back(*number);
    }
    return numbers;
  }

  void new_object() {
    const auto parts = pop_some(2);
    const auto* type = parts[0]->as<Global>();
    const auto* arguments = parts[1]->as<Sequence>();
    if (type == nullptr || !is_script_class(type->name) || arguments == nullptr ||
        !arguments->items.empty())
      fail("makes an object that is not a TorchScript module");
    push_new(Object{});
  }

  void build() {
    const Value* state = pop();
    Value* target = top();
    if (target->as<Dict>() != nullptr)
      return;  // attributes of an OrderedDict: state dicts have `_metadata`
    auto* object = std::get_if<Object>(static_cast<Value::variant*>(target));
    const auto* attributes = state->as<Dict>();
    if (object == nullptr || attributes == nullptr)
      fail("sets the state of something that has none");
    object->attributes = attributes;
  }

  void push_storage() {  // ("storage", type, key, location, elements) and, in old files, a view
                         // that must be None
    const auto* id = pop()->as<Sequence>();
    if (id == nullptr || id->items.size() < 5) fail("refers to something that is not a storage");
    const auto* kind = id->items[0]->as<std::string>();
    const auto* type = id->items[1]->as<Global>();
    const auto* key = id->items[2]->as<std::string>();
    const auto* elements = id->items[4]->as<std::int64_t>();
    const auto dtype = type == nullptr ? std::nullopt : storage_dtype(type->name);
    const bool viewed = id->items.size() > 5 && id->items[5]->as<std::monostate>() == nullptr;
    if (kind == nullptr || *kind != "storage" || key == nullptr || elements == nullptr ||
        *elements < 0 || !dtype || viewed)
      fail("refers to something that is not a storage");
    push_new(Storage{*key, *dtype, *elements});
  }

  Document document_;
  std::vector<Value*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Value*> memo_;
  std::size_t copied_ = 0;  // by instructions that a few bytes can repeat
};

}  // namespace

const Value* Dict::find(const std::string& key) const {
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    const auto* name = entry->first->as<std::string>();
    if (name != nullptr && *name == key) return entry->second;
  }
  return nullptr;
}

Document read(std::span<const std::byte> bytes, const std::string& source) {
  return Reader(bytes, source).read();
}

}  // namespace anomalyclip::pickle
