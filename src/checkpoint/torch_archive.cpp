#include "checkpoint/torch_archive.h"

#include <array>
#include <cstring>
#include <functional>
#include <memory>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <anomalyclip/error.h>

#include "checkpoint/restricted_unpickler.h"
#include "checkpoint/zip_reader.h"
#include "core/mapped_file.h"

namespace anomalyclip {
namespace {

using pickle::Dict;
using pickle::Document;
using pickle::Object;
using pickle::Storage;
using pickle::TensorView;
using pickle::Value;

constexpr int kMaxDepth = 32;  // of submodules; CLIP has 6
constexpr std::size_t kMaxTensors = 100'000;
constexpr std::size_t kMaxVisits = 1'000'000;
constexpr std::uint64_t kMaxPickle = 256 << 20;
constexpr std::string_view kZipStart = "PK\3\4";

[[noreturn]] void fail(const std::string& path, const std::string& fault) {
  throw Error(ErrorCode::kRead, path + ": not a readable PyTorch file: " + fault);
}

// ---- which tensors there are

const Dict* attributes_of(const Value* value) {
  if (const auto* dict = value->as<Dict>()) return dict;
  if (const auto* object = value->as<Object>()) return object->attributes;
  return nullptr;
}

bool holds_tensors(const Dict& dict) {
  for (const auto& entry : dict.entries)
    if (entry.second->as<TensorView>() != nullptr) return true;
  return false;
}

const Value* unwrap(const Value* root, std::vector<std::string>* unwrapped) {
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    const auto* dict = root->as<Dict>();
    if (dict == nullptr || holds_tensors(*dict)) return root;
    const Value* inner = nullptr;
    for (const char* key : {"state_dict", "model_state_dict", "model", "prompt_learner"}) {
      const Value* value = dict->find(key);
      if (value == nullptr || attributes_of(value) == nullptr) continue;
      inner = value;
      unwrapped->push_back(key);
      break;
    }
    if (inner == nullptr) return root;
    root = inner;
  }
  return root;
}

class Collector {
 public:
  explicit Collector(const std::string& path) : path_(path) {}

  void collect(const Value* value, const std::string& prefix, int depth) {
    if (depth > kMaxDepth)
      fail(path_, "its modules are nested deeper than " + std::to_string(kMaxDepth) + " levels");
    const Dict* attributes = attributes_of(value);
    if (attributes == nullptr) return;
    for (const auto& [key, item] : attributes->entries) {
      if (++visits_ > kMaxVisits) fail(path_, "it holds too many values");
      const auto* name = key->as<std::string>();
      if (name == nullptr) continue;  // an optimizer's state goes by numbers
      if (const auto* tensor = item->as<TensorView>())
        add(prefix + *name, tensor);
      else
        collect(item, prefix + *name + ".", depth + 1);
    }
  }

  std::map<std::string, const TensorView*> tensors;

 private:
  void add(const std::string& name, const TensorView* tensor) {
    if (tensors.size() >= kMaxTensors) fail(path_, "it holds too many tensors");
    if (!tensors.emplace(name, tensor).second)
      fail(path_, "the tensor \"" + name + "\" is there twice");
  }

  const std::string& path_;
  std::size_t visits_ = 0;
};

// ---- their numbers

/// Fills the bytes of one storage.
using StorageSource = std::function<void(const Storage&, std::span<std::byte>)>;
/// How many bytes the file holds for it; asked before they are allocated.
using StorageSize = std::function<std::uint64_t(const Storage&)>;

class Materialiser {
 public:
  Materialiser(const std::string& path, StorageSize size, StorageSource source)
      : path_(path), size_(std::move(size)), source_(std::move(source)) {}

  at::Tensor tensor(const std::string& name, const TensorView& view) {
    check(name, view);
    const at::Tensor values = storage(*view.storage);
    return values.as_strided(view.sizes, view.strides, view.offset).contiguous();
  }

 private:
  void check(const std::string& name, const TensorView& view) const {
    const std::string subject = "tensor \"" + name + "\" ";
    if (view.sizes.size() != view.strides.size())
      fail(path_, subject + "has another number of strides than of axes");
    std::int64_t count = 1, last = view.offset;
    bool overflows = view.offset < 0;
    for (std::size_t axis = 0; axis < view.sizes.size(); ++axis) {
      std::int64_t reach = 0;
      const std::int64_t length = view.sizes[axis], stride = view.strides[axis];
      overflows |= length < 0 || stride < 0 || __builtin_mul_overflow(count, length, &count) ||
                   __builtin_mul_overflow(length > 0 ? length - 1 : 0, stride, &reach) ||
                   __builtin_add_overflow(last, reach, &last);
    }
    // Nothing that a model holds is larger than what it is stored in; a broadcast of one number
    // might be terabytes.
    const std::int64_t stored = view.storage->elements;
    if (overflows || count > stored || (count > 0 && last >= stored))
      fail(path_, subject + "reaches beyond its storage");
  }

  at::Tensor storage(const Storage& storage) {
    const auto known = storages_.find(storage.key);
    if (known != storages_.end()) {
      const at::Tensor& values = known->second;
      if (values.scalar_type() != storage.dtype || values.numel() != storage.elements)
        fail(path_, "the storage \"" + storage.key + "\" is described in two ways");
      return values;
    }
    std::uint64_t bytes = 0;
    const std::uint64_t width = c10::elementSize(storage.dtype);
    if (__builtin_mul_overflow(width, std::uint64_t(storage.elements), &bytes) ||
        size_(storage) != bytes)
      fail(path_, "the storage \"" + storage.key + "\" should hold " +
                      std::to_string(storage.elements) + " numbers of " + std::to_string(width) +
                      " bytes, and holds " + std::to_string(size_(storage)) + " bytes");
    const bool flags =
        storage.dtype ==
        at::kBool;  // any byte but 0 is true on disk, and undefined behaviour in memory
    at::Tensor values = at::empty({storage.elements}, flags ? at::kByte : storage.dtype);
    source_(storage, {static_cast<std::byte*>(values.mutable_data_ptr()), bytes});
    if (flags) values = values.to(at::kBool);
    return storages_.emplace(storage.key, values).first->second;
  }

  const std::string& path_;
  StorageSize size_;
  StorageSource source_;
  std::map<std::string, at::Tensor> storages_;
};

TorchArchive assemble(const Document& document, const std::string& kind, const std::string& path,
                      const StorageSize& size, const StorageSource& source) {
  TorchArchive archive;
  archive.kind = kind;
  Collector collector(path);
  collector.collect(unwrap(document.root, &archive.unwrapped), "", 0);
  if (collector.tensors.empty()) fail(path, "it holds no tensors under names");
  Materialiser materialiser(path, size, source);
  for (const auto& [name, view] : collector.tensors)
    archive.tensors.emplace(name, materialiser.tensor(name, *view));
  return archive;
}

// ---- zip archives: torch.save since PyTorch 1.6, torch.jit.save

std::string root_folder(const ZipReader& zip, const std::string& path) {
  std::string root;
  for (const std::string& name : zip.names()) {
    const auto slash = name.find('/');
    if (slash == std::string::npos || name.substr(slash) != "/data.pkl") continue;
    if (!root.empty()) fail(path, "it holds two pickles, " + root + "data.pkl and " + name);
    root = name.substr(0, slash + 1);
  }
  if (root.empty())
    fail(path, "it is a zip archive without the data.pkl that torch.save and torch.jit.save write");
  return root;
}

TorchArchive read_zip(std::span<const std::byte> bytes, const std::string& path) {
  const ZipReader zip(bytes, path);
  const std::string root = root_folder(zip, path);
  if (zip.names().contains(root + "byteorder") && zip.read(root + "byteorder", 64) != "little")
    fail(path, "it was written on a big-endian machine");
  const std::string text = zip.read(root + "data.pkl", kMaxPickle);
  const Document document = pickle::read(std::as_bytes(std::span(text)), path);
  const bool script = zip.names().contains(root + "constants.pkl");

  // Packed zeros and overlapping entries can make memory out of nothing; weights hardly pack at
  // all.
  std::uint64_t budget = 4 * std::uint64_t(bytes.size()) + (1 << 20);
  const StorageSize size = [&](const Storage& storage) {
    return zip.size(root + "data/" + storage.key);
  };
  const StorageSource source = [&](const Storage& storage, std::span<std::byte> out) {
    if (out.size() > budget) fail(path, "its entries hold more than the file can");
    budget -= out.size();
    zip.read(root + "data/" + storage.key, out);
  };
  return assemble(document, script ? "TorchScript archive" : "state dict", path, size, source);
}

// ---- what torch.save wrote before PyTorch 1.6: five pickles, then every storage as its length and
// its bytes

constexpr std::string_view kLegacyMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
                                        10);  // 0x1950a86a20f9469cfc6c

std::map<std::string, std::span<const std::byte>> legacy_storages(
    const Document& keys, std::span<const std::byte> bytes,
    const std::map<std::string, std::uint64_t>& widths, const std::string& path) {
  const auto* list = keys.root->as<pickle::Sequence>();
  if (list == nullptr) fail(path, "its list of storages is no list");
  std::map<std::string, std::span<const std::byte>> storages;
  for (const Value* item : list->items) {
    const auto* key = item->as<std::string>();
    const auto width = key == nullptr ? widths.end() : widths.find(*key);
    if (width == widths.end()) fail(path, "its list of storages names one that no tensor uses");
    std::uint64_t count = 0, length = 0;
    if (bytes.size() < sizeof count) fail(path, "it is cut short");
    std::memcpy(&count, bytes.data(), sizeof count);
    bytes = bytes.subspan(sizeof count);
    if (__builtin_mul_overflow(count, width->second, &length) || length > bytes.size())
      fail(path, "it is cut short");
    storages[*key] = bytes.first(length);
    bytes = bytes.subspan(length);
  }
  return storages;
}

TorchArchive read_legacy(std::span<const std::byte> bytes, const std::string& path) {
  std::array<Document, 5>
      parts;  // magic number, protocol, system, the object, keys of the storages
  for (Document& part : parts) {
    part = pickle::read(bytes, path);
    bytes = bytes.subspan(part.length);
    const auto* magic = parts[0].root->as<std::string>();
    if (magic == nullptr || *magic != kLegacyMagic)
      fail(path, "it is a pickle, but not one that torch.save wrote");
  }
  const auto* system = parts[2].root->as<Dict>();
  const Value* order = system == nullptr ? nullptr : system->find("little_endian");
  if (order == nullptr || order->as<bool>() == nullptr || !*order->as<bool>())
    fail(path, "it was not written on a little-endian machine");

  std::map<std::string, std::uint64_t> widths;
  for (const Value& value : parts[3].values)
    if (const auto* storage = value.as<Storage>())
      widths[storage->key] = c10::elementSize(storage->dtype);
  const auto storages = legacy_storages(parts[4], bytes, widths, path);
  const auto find = [&](const Storage& storage) {
    const auto found = storages.find(storage.key);
    if (found == storages.end()) fail(path, "the storage \"" + storage.key + "\" is missing");
    return found->second;
  };
  const StorageSource source = [&](const Storage& storage, std::span<std::byte> out) {
    if (!out.empty()) std::memcpy(out.data(), find(storage).data(), out.size());
  };
  return assemble(
      parts[3], "state dict (before PyTorch 1.6)", path,
      [&](const Storage& storage) { return std::uint64_t(find(storage).size()); }, source);
}

bool starts_with(std::span<const std::byte> bytes, std::string_view start) {
  return bytes.size() >= start.size() && std::memcmp(bytes.data(), start.data(), start.size()) == 0;
}

}  // namespace

TorchArchive read_torch_archive(const std::string& path) {
  const std::shared_ptr<MappedFile> file = MappedFile::open(path);
  const std::span<const std::byte> bytes = file->bytes();
  if (starts_with(bytes, kZipStart)) return read_zip(bytes, path);
  if (starts_with(bytes, "\x80\x02")) return read_legacy(bytes, path);
  fail(path, "it is neither a zip archive nor a pickle");
}

bool is_torch_archive(const std::string& path) {
  try {
    const std::shared_ptr<MappedFile> file = MappedFile::open(path);
    return starts_with(file->bytes(), kZipStart) || starts_with(file->bytes(), "\x80\x02");
  } catch (const Error&) {
    return false;
  }
}

}  // namespace anomalyclip
