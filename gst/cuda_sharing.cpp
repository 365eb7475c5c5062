#include "cuda_sharing.h"

#include <charconv>
#include <dlfcn.h>
#include <string>
#include <utility>

#define GST_USE_UNSTABLE_API
#include <gst/cuda/gstcudacontext.h>
#include <gst/cuda/gstcudamemory.h>
#include <gst/cuda/gstcudautils.h>

#include "guard.h"

namespace anomalyclip::gst {
namespace {

/// The context that the CUDA runtime, and with it libtorch, uses on a device; GStreamer would make one of its own, whose
/// memory no kernel of ours could read. None where nobody has used the device in that way: then no frame lies in it, and to
/// make one would take memory.
class PrimaryContext {
 public:
  explicit PrimaryContext(int index) {
    driver_ = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!driver_) return;
    const auto get = function<CUresult (*)(CUdevice*, int)>("cuDeviceGet");
    const auto state =
        function<CUresult (*)(CUdevice, unsigned*, int*)>("cuDevicePrimaryCtxGetState");
    const auto retain = function<CUresult (*)(CUcontext*, CUdevice)>("cuDevicePrimaryCtxRetain");
    if (!get || !state || !retain || get(&device_, index) != CUDA_SUCCESS) return;
    unsigned flags = 0;
    int active = 0;
    if (state(device_, &flags, &active) != CUDA_SUCCESS || !active) return;
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

/// A frame's CUDA memory, or null.
GstCudaMemory* cuda_memory(GstBuffer* buffer) {
  if (gst_buffer_n_memory(buffer) != 1) return nullptr;
  GstMemory* memory = gst_buffer_peek_memory(buffer, 0);
  return gst_is_cuda_memory(memory) ? GST_CUDA_MEMORY_CAST(memory) : nullptr;
}

using Shared = std::shared_ptr<GstCudaContext>;

Shared owned(GstCudaContext* context) {
  return Shared(context, [](GstCudaContext* of) { gst_clear_object(&of); });
}

}  // namespace

struct CudaSharing::Context {
  Context(std::string on, const Shared& offered)
      : device(std::move(on)), primary(index_of(device)) {
    if (!primary.handle() || !gst_cuda_load_library()) return;
    shared = is_ours(offered.get())
                 ? offered
                 : owned(gst_cuda_context_new_wrapped(primary.handle(), primary.device()));
    if (shared) gst_cuda_memory_init_once();
  }

  bool is_ours(GstCudaContext* context) const {
    return context && primary.handle() && gst_cuda_context_get_handle(context) == primary.handle();
  }

  const std::string device;
  const PrimaryContext primary;
  Shared shared;  ///< null where GStreamer cannot use it
  std::atomic<bool> foreign_seen = false;
};

CudaSharing::CudaSharing(GstElement* element) : element_(element) {}
CudaSharing::~CudaSharing() = default;

void CudaSharing::open(const std::string& device) {
  std::shared_ptr<Context> context;
  {
    const std::lock_guard lock(mutex_);
    context = std::make_shared<Context>(device, std::static_pointer_cast<GstCudaContext>(offered_));
    context_ = context;
  }
  if (!context->shared)
    post_info(element_, "GStreamer cannot share the CUDA context of " + device +
                            ": frames in GPU memory are copied to the host.");
}

void CudaSharing::open_for(GstBuffer* buffer) {
  GstCudaMemory* memory = cuda_memory(buffer);
  if (!memory || context_.load()) return;
  guint index = 0;
  g_object_get(memory->context, "cuda-device-id", &index, nullptr);
  open("cuda:" + std::to_string(index));
}

void CudaSharing::close() {
  const std::lock_guard lock(mutex_);
  context_ = std::shared_ptr<Context>();
}

void CudaSharing::take(GstContext* offer) {
  GstCudaContext* found = nullptr;
  if (!gst_cuda_handle_set_context(element_, offer, -1, &found) || !found) return;
  const Shared offered = owned(found);
  const std::lock_guard lock(mutex_);
  offered_ = offered;
  const std::shared_ptr<Context> context = context_.load();
  if (context && context->shared != offered && context->is_ours(offered.get()))
    context_ = std::make_shared<Context>(context->device, offered);
}

bool CudaSharing::answer(GstQuery* query) const {
  const std::shared_ptr<Context> context = context_.load();
  return context && context->shared &&
         gst_cuda_handle_context_query(element_, query, context->shared.get());
}

FrameMemory CudaSharing::memory_of(GstBuffer* buffer) {
  const std::shared_ptr<Context> context = context_.load();
  if (!context || !context->shared) return FrameMemory::kHost;
  GstCudaMemory* memory = cuda_memory(buffer);
  if (!memory) return FrameMemory::kHost;
  if (context->is_ours(memory->context)) return FrameMemory::kCuda;
  if (!context->foreign_seen.exchange(true))
    post_info(element_,
              "Frames lie in another CUDA context than the one in use on " + context->device +
                  ": they are copied to the host. An anomalyclip with device=cuda gives its "
                  "context to elements around it that ask for one.");
  return FrameMemory::kHost;
}

void CudaSharing::wait_for_copies() const {
  const std::shared_ptr<Context> context = context_.load();
  if (!context || !context->shared || !gst_cuda_context_push(context->shared.get())) return;
  CuStreamSynchronize(nullptr);  // GStreamer's copies are on the default stream
  gst_cuda_context_pop(nullptr);
}

std::string CudaSharing::device() const {
  const std::shared_ptr<Context> context = context_.load();
  return context && context->shared ? context->device : "";
}

GstMapFlags read_flags(FrameMemory memory) {
  return memory == FrameMemory::kCuda ? static_cast<GstMapFlags>(GST_MAP_READ | GST_MAP_CUDA)
                                      : GST_MAP_READ;
}

GstMapFlags write_flags(FrameMemory memory) {
  return memory == FrameMemory::kCuda ? static_cast<GstMapFlags>(GST_MAP_READWRITE | GST_MAP_CUDA)
                                      : GST_MAP_READWRITE;
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
