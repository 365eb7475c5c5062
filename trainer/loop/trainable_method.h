#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "model/vision_transformer.h"

namespace torch::optim {
class Optimizer;
}

namespace anomalyclip::trainer {

// What the training loop needs of a method. To train something new: derive from TrainableMethod (its parameters and
// what it loses on an encoded batch), use ClipEncoder (clip_encoder.h) or derive from FeatureEncoder where the image
// tower is run in another way, and hand both to TrainingLoop. Shuffling, the feature cache, checkpoints, --resume, the
// log, the curves, Ctrl-C and data-parallel training come with the loop.

/// The frozen half: images to features. Each image is encoded once and kept on disk, so the features must depend on
/// the pixels and on recipe() alone.
class FeatureEncoder {
 public:
  virtual ~FeatureEncoder() = default;

  /// images [B, 3, S, S] float32, CLIP-normalised, on device() -> float32 features, without gradients. `patches` may
  /// hold whatever the method wants to read, as [layer][kind] -> [B, ...].
  virtual VisionFeatures encode(const at::Tensor& images) const = 0;

  /// Everything that the features depend on besides the pixels, as text: weights, layers, precision. Equal text, equal
  /// features.
  virtual std::string recipe() const = 0;

  virtual int image_size() const = 0;  ///< S, pixels
  virtual at::Device device() const = 0;
};

/// Labelled, encoded images: this process's share of one batch.
struct EncodedBatch {
  VisionFeatures
      features;  ///< float32, on the encoder's device; first axis b; 0 where processes outnumber images
  at::Tensor labels;    ///< [b] int64: 1 anomalous
  at::Tensor masks;     ///< [b, S, S] float32, 0 or 1; zeros where there is none
  at::Tensor has_mask;  ///< [b] bool; a normal image of a data set with masks has one: zeros
  std::vector<std::string> class_names;   ///< b, as the data set has them
  std::set<std::string> all_class_names;  ///< of the whole batch, over all processes

  // Of the whole batch, over all processes: what the sums of the losses are divided by.
  double images = 0, images_with_mask = 0;
};

/// One part of the loss. The loop minimises the sum of weight * value.
struct LossTerm {
  std::string name;  ///< one word, for the log: "global", "focal"
  double weight = 1;
  at::Tensor
      value;  ///< scalar: the sum over this process's images / the whole batch's number of them
};

/// What is trained.
class TrainableMethod {
 public:
  using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

  virtual ~TrainableMethod() = default;

  /// The leaves that require gradients, on the encoder's device; always the same ones. Changed in place by the loop.
  virtual NamedTensors parameters() const = 0;

  /// What losses see of the parameters: tensors computed from them, through which alone losses depend on them. Gradients
  /// of processes that share a batch are added up here; from here back to the parameters each process computes the
  /// same. As many for a batch, of the same shapes, in every process. The parameters themselves, unless there is something
  /// smaller.
  virtual std::vector<at::Tensor> bottleneck(const EncodedBatch&) const {
    std::vector<at::Tensor> tensors;
    for (const auto& [name, tensor] : parameters()) tensors.push_back(tensor);
    return tensors;
  }

  /// What this batch costs. Always the same terms, in the same order, whatever is in the batch, even nothing.
  /// @param bottleneck  of this batch
  virtual std::vector<LossTerm> losses(const EncodedBatch& batch,
                                       const std::vector<at::Tensor>& bottleneck) const = 0;
  std::vector<LossTerm> losses(const EncodedBatch& batch) const {
    return losses(batch, bottleneck(batch));
  }

  /// An optimiser over parameters(): Adam or SGD, whose state checkpoints can hold.
  virtual std::unique_ptr<torch::optim::Optimizer> make_optimizer() const = 0;

  /// The learning rate of an epoch, from 1.
  virtual double learning_rate(int epoch) const = 0;

  /// Writes the prompt file as it stands.
  /// @param training  JSON for its metadata: what made it
  virtual void save(const std::string& path, const std::string& training) const = 0;

  /// Everything that decides the result, by name, for the log and for --resume, which goes on only with the same.
  virtual std::map<std::string, std::string> settings() const = 0;
};

}  // namespace anomalyclip::trainer
