#pragma once

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <anomalyclip/frame.h>
#include <anomalyclip/prompts.h>
#include <anomalyclip/result.h>

namespace anomalyclip {

/// Arithmetic of the encoder; everything after it is float32.
enum class Precision {
  kAuto,    ///< what suits the device, see ModelInfo::precision
  kFP32,    ///< float32
  kBF16x3,  ///< float32 split into two bfloat16, three products for one: as good as float32 to 1e-5. A CPU with AMX
            ///< or AVX-512 BF16
  kBF16,    ///< fast where the hardware has it
  kFP16,    ///< CUDA
  kINT8,  ///< the blocks' matrices in 8 bits, attention in bfloat16. A CPU with AVX-512 BF16 and VNNI, or AMX
  kFP8,  ///< the same in 8-bit floats. CUDA, compute capability 8.9 or more
};

/// Part of the frame to inspect. Pixels outside never change a result.
struct Roi {
  double x = 0, y = 0, width = 0,
         height = 0;  ///< pixels, or fractions of the frame when all are <= 1
  bool whole() const { return width == 0 && height == 0; }

  /// Parses "x,y,w,h"; an empty text is the whole frame.
  /// @throws Error kSettings (four numbers expected, none negative, width and height above 0)
  static Roi parse(const std::string& text);

  /// The rectangle in pixels of a frame of this size, clipped to it.
  /// @throws Error kSettings when nothing of it lies inside the frame.
  Rect resolve(int frame_width, int frame_height) const;
};

/// How one frame is to be inspected. Elements that share an engine may each use another recipe.
struct Recipe {
  std::shared_ptr<const Prompts> prompts;  ///< required
  int image_size = 0;                     ///< pixels; 0: the prompts'. A multiple of the patch size
  std::optional<ScoreMode> score;         ///< unset: the prompts'
  std::optional<double> threshold;        ///< unset: the prompts'
  std::optional<double> pixel_threshold;  ///< unset: the prompts'
  Roi roi;
  /// Encode the region of interest at the scale that the whole frame has at `image_size`, so that the cost follows its area.
  /// Otherwise it fills `image_size`, whatever its size: finer, and as dear as a whole frame.
  bool roi_keeps_scale = false;
  bool want_map = true;  ///< put the map in the result
  int queue_depth = 1;   ///< frames of this stream that may wait at once: no batch waits for more
};

/// Whose frame it is, and when its result is wanted.
struct Turn {
  /// Any number that no other stream of this process has, such as an address; 0: the calling thread's own stream.
  std::uint64_t stream = 0;
  /// Earlier ones go first; unset: the moment at which the frame is queued, which is first come, first served.
  std::optional<std::chrono::steady_clock::time_point> deadline;
};

/// What names an engine: equal configurations share one, and with it one set of weights.
struct EngineConfig {
  std::string model;            ///< path of a safetensors file
  std::string device = "auto";  ///< "auto", "cpu", "cuda", "cuda:1"
  Precision precision = Precision::kAuto;
  std::string instance_id;   ///< engines with distinct ids are never shared
  int batch_size = 1;        ///< frames encoded at once, at most
  int batch_timeout_ms = 0;  ///< how long a frame waits for others
  /// Threads that encode a batch on a CPU, at most; 0: as many as libtorch uses, one a core unless OMP_NUM_THREADS says
  /// otherwise, which is the limit in any case. Those who share an engine get the most that any of them asked for. The
  /// process' other threads are as before.
  int threads = 0;
  /// Folder in which the weights are kept as they are packed for this CPU, so that later loads, in any process, map them
  /// instead of packing them again; made where it is missing. Empty: none. Does nothing where the weights are not packed
  /// (CUDA, a CPU without AVX-512). Not part of an engine's name: who shares an engine uses it as it was loaded.
  std::string model_cache_dir;
};

/// What an engine runs.
struct ModelInfo {
  std::string name;          ///< the file's name without folders
  std::string fingerprint;   ///< lower-case hex SHA-256
  int patch_size = 0;        ///< pixels
  int image_resolution = 0;  ///< pixels, the size that the position embedding was trained for
  int vision_width = 0, vision_layers = 0, embed_dim = 0;
  std::string device;                      ///< "cpu", "cuda:0"
  Precision precision = Precision::kFP32;  ///< never kAuto
  bool takes_gpu_frames = false;           ///< FrameMemory::kCuda on `device`
  std::string
      cache_fault;  ///< why `model_cache_dir` did not serve as asked, a sentence; empty: it did, or none was asked for
};

/// Loads a model once and inspects frames with it. Thread-safe: any number of threads may call any
/// method. Frames of one stream come back in the order in which they were submitted.
///
/// Streams share the encoder: the earliest deadline goes first, but while several streams have frames waiting none gets
/// more than one frame ahead of the others (a frame counts by its pixels), so that a fast stream does not keep a slow one
/// waiting. Frames that need the same layers at the same size are encoded together, up to `batch_size`; a batch waits for
/// others at most `batch_timeout_ms`, and not for a stream that has let a batch go without it since its last frame.
class Engine {
 public:
  /// The engine of this configuration: the one alive in this process, or a new one. Loading takes
  /// seconds.
  /// @throws Error kNotFound, kRead, kMismatch (a tensor: key, expected and found shape), kDevice,
  /// kSettings, kNotFinite
  static std::shared_ptr<Engine> acquire(const EngineConfig& config);

  virtual ~Engine() = default;

  virtual const ModelInfo& model() const = 0;

  /// Whether this recipe can run here; cheap, to be called before the first frame and at every
  /// switch.
  /// @throws Error kMismatch (prompts of another model: both fingerprints, and the command that
  /// makes the right
  ///         ones; a layer that the model lacks), kSettings (image size not a multiple of the
  ///         patch; roi_keeps_scale with a method that needs square images)
  virtual void check(const Recipe& recipe) const = 0;

  /// Runs one blank frame, so that the first real one is as fast as the rest.
  virtual void warm_up(const Recipe& recipe) = 0;

  /// Preprocesses in the calling thread, so that the frame is borrowed for this call only, and
  /// queues the rest. The future throws Error kNotFinite, kOutOfMemory, kDevice; the engine stays
  /// usable. Whoever wrote a frame in GPU memory has finished (no stream is waited for).
  /// @throws Error kSettings, kMismatch; and with a GPU kOutOfMemory, kDevice
  virtual std::future<AnomalyResult> submit(const FrameView& frame, const Recipe& recipe) = 0;
  virtual std::future<AnomalyResult> submit(const FrameView& frame, const Recipe& recipe,
                                            const Turn& turn) = 0;

  /// submit() of one frame with several recipes. It is preprocessed once for all that look at the same part in the same
  /// size, and encoded once for all that need the same layers: comparing prompts costs little more than inspecting once.
  /// @returns as many futures, in the recipes' order
  /// @throws Error as submit(), and then nothing was queued
  virtual std::vector<std::future<AnomalyResult>> submit_all(
      const FrameView& frame, const std::vector<Recipe>& recipes) = 0;

  /// submit() and wait.
  AnomalyResult inspect(const FrameView& frame, const Recipe& recipe);
};

const char* to_string(Precision precision);
const char* to_string(ScoreMode mode);

}  // namespace anomalyclip
