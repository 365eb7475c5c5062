#include "checkpoint/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <nlohmann/json.hpp>

#include <anomalyclip/error.h>

#include "checkpoint/safetensors_header.h"
#include "core/atomic_file.h"

namespace anomalyclip {
namespace {

static_assert(std::endian::native == std::endian::little,
              "safetensors is little-endian, and is mapped as it is");

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeader = 100'000'000;  // as the format's own library

[[noreturn]] void fail(const std::string& path, const std::string& fault) {
  throw Error(ErrorCode::kRead, path + ": not a valid safetensors file: " + fault);
}

std::string_view header_text(std::span<const std::byte> file, const std::string& path) {
  const char* text = reinterpret_cast<const char*>(file.data());
  if (file.size() >= 4 && std::memcmp(text, "PK\3\4", 4) == 0)
    throw Error(ErrorCode::kRead,
                path + ": is a PyTorch archive, not a safetensors file; run: anomalyclip convert " +
                    path + " -o OUT.safetensors");
  if (file.size() < kLengthBytes)
    fail(path,
         "it has " + std::to_string(file.size()) + " bytes, and its length field alone takes 8");
  std::uint64_t length = 0;
  std::memcpy(&length, text, sizeof length);
  if (length > file.size() - kLengthBytes || length > kMaxHeader)
    fail(path, "its header claims " + std::to_string(length) + " bytes, and the file has " +
                   std::to_string(file.size()) + " (truncated, or not safetensors at all?)");
  const std::string_view header(text + kLengthBytes, length);
  if (!header.starts_with('{')) fail(path, "its header does not start with \"{\"");
  return header;
}

at::Tensor view_or_copy(const std::shared_ptr<MappedFile>& file, std::byte* data,
                        const TensorExtent& extent) {
  const auto options = at::TensorOptions().dtype(extent.dtype);
  if (extent.begin == extent.end) return at::empty(extent.shape, options);
  if (extent.dtype ==
      at::kBool) {  // any byte but 0 is true on disk, and undefined behaviour in memory
    const at::Tensor bytes =
        at::from_blob(data, extent.shape, at::TensorOptions().dtype(at::kByte));
    return bytes.to(at::kBool);
  }
  if (reinterpret_cast<std::uintptr_t>(data) % c10::elementSize(extent.dtype) != 0) {
    at::Tensor copy = at::empty(extent.shape, options);
    std::memcpy(copy.mutable_data_ptr(), data, extent.end - extent.begin);
    return copy;
  }
  return at::from_blob(
      data, extent.shape, [file](void*) {}, options);
}

struct Ordered {
  std::string name;
  at::Tensor tensor;
};

std::vector<Ordered> in_file_order(const std::map<std::string, at::Tensor>& tensors,
                                   const std::string& path) {
  std::vector<Ordered> ordered;
  for (const auto& [name, tensor] : tensors) {
    if (name == "__metadata__")
      throw Error(ErrorCode::kSettings,
                  path + ": the format keeps the name \"__metadata__\" for itself");
    if (safetensors_dtype_name(tensor.scalar_type()).empty())
      throw Error(ErrorCode::kSettings, path + ": tensor \"" + name + "\" has the dtype " +
                                            c10::toString(tensor.scalar_type()) +
                                            ", which is not one of " + safetensors_dtype_names());
    ordered.push_back({name, tensor.detach().cpu().contiguous()});
  }
  // The widest elements first, so that every tensor is aligned.
  std::stable_sort(ordered.begin(), ordered.end(), [](const Ordered& a, const Ordered& b) {
    return a.tensor.element_size() > b.tensor.element_size();
  });
  return ordered;
}

std::string header_of(const std::vector<Ordered>& ordered,
                      const std::map<std::string, std::string>& metadata, const std::string& path) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t position = 0;
  for (const auto& [name, tensor] : ordered) {
    const std::size_t end = position + tensor.nbytes();
    header[name] = {{"dtype", safetensors_dtype_name(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {position, end}}};
    position = end;
  }
  try {
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kSettings,
                path + ": a name or a value of the metadata is not UTF-8: " + error.what());
  }
}

}  // namespace

Safetensors read_safetensors(const std::string& path, ReadAhead ahead) {
  const std::shared_ptr<MappedFile> file = MappedFile::open(path, ahead);
  const std::string_view text = header_text(file->bytes(), path);
  const std::span<std::byte> data = file->bytes().subspan(kLengthBytes + text.size());
  SafetensorsHeader header = parse_safetensors_header(text, data.size(), path);

  Safetensors result;
  result.metadata = std::move(header.metadata);
  for (const auto& [name, extent] : header.tensors)
    result.tensors.emplace(name, view_or_copy(file, data.data() + extent.begin, extent));
  return result;
}

void write_safetensors(const std::string& path, const std::map<std::string, at::Tensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const std::vector<Ordered> ordered = in_file_order(tensors, path);
  const std::string header = header_of(ordered, metadata, path);
  const std::uint64_t length = header.size();

  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(header);
  for (const auto& entry : ordered)
    file.write(
        {static_cast<const std::byte*>(entry.tensor.const_data_ptr()), entry.tensor.nbytes()});
  file.commit();
}

}  // namespace anomalyclip
