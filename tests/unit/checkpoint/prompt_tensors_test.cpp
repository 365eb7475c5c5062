#include "checkpoint/prompt_tensors.h"

#include <limits>

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include "checkpoint/prompt_file.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace anomalyclip {
namespace {

using testing::expect_error;

/// Rows of length 1 along the first axis.
at::Tensor unit_rows(std::int64_t rows, std::int64_t width) {
  at::Tensor result = at::zeros({rows, width});
  result.select(1, 0).fill_(1);
  return result;
}

/// Prompts of the method for an embedding of 2 and a tower 3 wide, with all that it may have.
Prompts prompts_of(const std::string& method) {
  Prompts prompts;
  prompts.method = method;
  prompts.model_fingerprint = std::string(64, 'a');
  prompts.text_features = {0.6f, 0.8f, 0.0f, 1.0f};
  prompts.features = {2, 4};
  const auto put = [&](const std::string& key, const at::Tensor& tensor) {
    prompts.tensors[key] = to_prompt_tensor(tensor);
  };
  for (const int layer : prompts.features) {
    if (method != "vand") continue;
    put(adapter_key(layer, "weight"), at::ones({2, 3}));
    put(adapter_key(layer, "bias"), at::ones({2}));
    put(reference_key(layer), unit_rows(5, 3));
  }
  if (method == "winclip") {
    for (const int side : kWindowSides) put(window_reference_key(side), unit_rows(4, 2));
    put(kPatchReferences, unit_rows(9, 3));
  }
  return prompts;
}

class PromptTensors : public ::testing::Test {
 protected:
  std::string path() const { return folder_.file("p.safetensors"); }

  template <typename... Part>
  void expect_refused(const Prompts& prompts, const Part&... parts) {
    expect_error(
        ErrorCode::kSettings, [&] { save_prompts(path(), prompts); }, parts...);
  }

  testing::TemporaryFolder folder_;
};

TEST_F(PromptTensors, ComeBackAsTheyWereSaved) {
  for (const std::string method : {"vand", "winclip"}) {
    const Prompts prompts = prompts_of(method);
    save_prompts(path(), prompts);
    const auto read = Prompts::load(path());
    ASSERT_EQ(read->tensors.size(), prompts.tensors.size());
    for (const auto& [key, tensor] : prompts.tensors) {
      EXPECT_EQ(read->tensors.at(key).shape, tensor.shape) << key;
      EXPECT_EQ(read->tensors.at(key).values, tensor.values) << key;
    }
  }
}

TEST_F(PromptTensors, VandWithoutAnAdapterOfATappedLayerIsRefused) {
  Prompts prompts = prompts_of("vand");
  prompts.tensors.erase("adapters.4.bias");
  expect_refused(prompts, "\"adapters.4.bias\"", "shape [2]", "is missing");
}

TEST_F(PromptTensors, AdaptersOfAnotherLayerSetAreRefused) {
  Prompts prompts = prompts_of("vand");
  prompts.features = {2};
  expect_refused(prompts, "\"adapters.4.bias\"", "\"vand\"", "\"features\"");
}

TEST_F(PromptTensors, AdaptersThatDifferInWidthAreRefused) {
  Prompts prompts = prompts_of("vand");
  prompts.tensors["adapters.4.weight"] = to_prompt_tensor(at::ones({2, 5}));
  expect_refused(prompts, "\"adapters.4.weight\"", "[2, 3]", "[2, 5]");
}

TEST_F(PromptTensors, ReferencesOfSomeLayersOnlyAreRefused) {
  Prompts prompts = prompts_of("vand");
  prompts.tensors.erase("references.4");
  expect_refused(prompts, "\"references.4\"", "is missing");
  prompts = prompts_of("winclip");
  prompts.tensors.erase("references.windows.3");
  expect_refused(prompts, "\"references.windows.3\"", "is missing");
}

TEST_F(PromptTensors, ReferencesThatAreNotUnitRowsAreRefused) {
  Prompts prompts = prompts_of("winclip");
  prompts.tensors["references.patches"] = to_prompt_tensor(at::ones({9, 3}));
  expect_refused(prompts, "\"references.patches\"", "rows of length 1");
}

TEST_F(PromptTensors, NumbersThatAreNoneAreRefused) {
  Prompts prompts = prompts_of("vand");
  prompts.tensors["adapters.2.bias"].values[1] = std::numeric_limits<float>::infinity();
  expect_refused(prompts, "\"adapters.2.bias\"", "NaN or infinite");
}

TEST_F(PromptTensors, TensorsOfAnotherMethodAreRefusedRatherThanIgnored) {
  for (const std::string method : {"vand", "winclip"}) {
    Prompts prompts = prompts_of(method);
    prompts.method = "anomalyclip";
    expect_refused(prompts, method == "vand" ? "\"adapters.2.bias\"" : "\"references.patches\"",
                   "\"anomalyclip\"");
  }
}

TEST_F(PromptTensors, ATensorWithOtherThanItsShapesValuesIsRefused) {
  Prompts prompts = prompts_of("vand");
  prompts.tensors["adapters.2.bias"].shape = {3};
  expect_refused(prompts, "[3] has 2 values");
}

}  // namespace
}  // namespace anomalyclip
