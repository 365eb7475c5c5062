#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "convert/convert_model.h"
#include "convert/convert_prompts.h"

namespace anomalyclip::trainer {
namespace {

struct ConvertOptions {
  ModelConversion model;
  PromptConversion prompts;
};

void convert(ConvertOptions& options) {
  const bool prompts = !options.prompts.prompts.empty();
  if (prompts == !options.model.source.empty())
    throw CLI::ValidationError("convert",
                               "name either a SOURCE checkpoint, or --prompts and --model");
  options.prompts.output = options.model.output;
  if (prompts)
    convert_prompts(options.prompts, std::cout);
  else
    convert_model(options.model, std::cout);
}

}  // namespace

void add_convert(CLI::App& app) {
  const auto options = std::make_shared<ConvertOptions>();
  CLI::App* command = app.add_subcommand(
      "convert", "Turn a CLIP checkpoint, or trained prompts, of any format into safetensors");
  CLI::Option* source =
      command->add_option("source", options->model.source,
                          "TorchScript archive or state dict (.pt .pth .bin), safetensors, or a "
                          "Hugging Face folder; never executed");
  command->add_option("-o,--output", options->model.output, "The safetensors file to write")
      ->required();
  command
      ->add_flag("--half", options->model.half,
                 "Store float16: half the size, exact for weights that were half before")
      ->needs(source);
  command
      ->add_option("--activation", options->model.activation,
                   "quick_gelu or gelu, where the checkpoint does not say")
      ->check(CLI::IsMember({"quick_gelu", "gelu"}))
      ->needs(source);
  CLI::Option* prompts =
      command->add_option("--prompts", options->prompts.prompts,
                          "Prompts of the reference implementation (epoch_15.pth)");
  CLI::Option* model = command->add_option("--model", options->prompts.model,
                                           "The converted CLIP that they were trained on");
  prompts->needs(model);
  model->needs(prompts);
  command->callback([options] { convert(*options); });
}

}  // namespace anomalyclip::trainer
