#include "cuda_sharing.h"

#include <charconv>
#include <dlfcn.h>
#include <string>

#define GST_USE_UNSTABLE_API
#include <gst/cuda/gstcudacontext.h>
#include <gst/cuda/gstcudamemory.h>
#include <gst/cuda/gstcudautils.h>

#include "guard.h"

namespace anomalyclip::gst {
namespace {

/// The context that the CUDA runtime, and with it libtorch, uses on a device; GStreamer would make one of its own, whose
/// memory no kernel of ours could read.
class PrimaryContext {
 public:
  explicit PrimaryContext(int index) {
    driver_ = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!driver_) return;
    const auto get = function<CUresult (*)(CUdevice*, int)>("cuDeviceGet");
    const auto retain = function<CUresult (*)(CUcontext*, CUdevice)>("cuDevicePrimaryCtxRetain");
    if (!get || !retain || get(&device_, index) != CUDA_SUCCESS) return;
    if (retain(&handle_, device_) != CUDA_SUCCESS) handle_ = nullptr;
  }
  ~PrimaryContext() {
    // As cuda.h spells it for this version of the driver's interface.
    const auto release = function<CUresult (*)(CUdevice)>("cuDevicePrimaryCtxRelease_v2");
    if (handle_ && release) release(device_);
    if (driver_) dlclose(driver_);
  }
  PrimaryContext(const PrimaryContext&) = delete;
  PrimaryContext& operator=(const PrimaryContext&) = delete;

  CUcontext handle() const { return handle_; }
  CUdevice device() const { return device_; }

 private:
  template <typename Function>
  Function function(const char* name) const {
    return driver_ ? reinterpret_cast<Function>(dlsym(driver_, name)) : nullptr;
  }

  void* driver_ = nullptr;
  CUcontext handle_ = nullptr;
  CUdevice device_ = 0;
};

/// "cuda:1" -> 1
int index_of(const std::string& device) {
  int index = 0;
  const std::size_t colon = device.find(':');
  if (colon != std::string::npos)
    std::from_chars(device.data() + colon + 1, device.data() + device.size(), index);
  return index;
}

}  // namespace

struct CudaSharing::Context {
  explicit Context(int index) : primary(index) {
    if (primary.handle() && gst_cuda_load_library())
      shared = gst_cuda_context_new_wrapped(primary.handle(), primary.device());
    if (shared) gst_cuda_memory_init_once();
  }
  ~Context() {
    if (shared) gst_object_unref(shared);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const PrimaryContext primary;
  GstCudaContext* shared = nullptr;
};

CudaSharing::CudaSharing(GstElement* element) : element_(element) {}
CudaSharing::~CudaSharing() = default;

void CudaSharing::open(const ModelInfo& model) {
  if (!model.takes_gpu_frames) return;
  auto context = std::make_shared<Context>(index_of(model.device));
  if (!context->shared)
    return post_info(element_, "GStreamer cannot share the CUDA context of " + model.device +
                                   ": frames in GPU memory are copied to be inspected.");
  context_ = std::move(context);
}

void CudaSharing::close() {
  context_ = std::shared_ptr<Context>();
}

bool CudaSharing::answer(GstQuery* query) const {
  const std::shared_ptr<Context> context = context_.load();
  return context && gst_cuda_handle_context_query(element_, query, context->shared);
}

FrameMemory CudaSharing::memory_of(GstBuffer* buffer) const {
  const std::shared_ptr<Context> context = context_.load();
  if (!context || gst_buffer_n_memory(buffer) != 1) return FrameMemory::kHost;
  GstMemory* memory = gst_buffer_peek_memory(buffer, 0);
  if (!gst_is_cuda_memory(memory)) return FrameMemory::kHost;
  const bool ours = gst_cuda_context_get_handle(GST_CUDA_MEMORY_CAST(memory)->context) ==
                    context->primary.handle();
  return ours ? FrameMemory::kCuda : FrameMemory::kHost;
}

GstMapFlags read_flags(FrameMemory memory) {
  return memory == FrameMemory::kCuda ? static_cast<GstMapFlags>(GST_MAP_READ | GST_MAP_CUDA)
                                      : GST_MAP_READ;
}

GstCaps* with_cuda_memory(const char* system) {
  GstCaps* caps = gst_caps_from_string(system);
  GstCaps* cuda = gst_caps_copy(caps);
  gst_caps_set_features_simple(cuda,
                               gst_caps_features_new(GST_CAPS_FEATURE_MEMORY_CUDA_MEMORY, nullptr));
  gst_caps_append(caps,
                  cuda);  // behind: ordinary memory is what is agreed on where both are possible
  return caps;
}

}  // namespace anomalyclip::gst
