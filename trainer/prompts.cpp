#include <filesystem>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include <anomalyclip/demo.h>
#include <anomalyclip/error.h>

#include "checkpoint/model_file.h"
#include "checkpoint/prompt_file.h"
#include "commands.h"
#include "common/image_list.h"
#include "core/device.h"
#include "methods/make_prompts.h"

namespace anomalyclip::trainer {
namespace {

struct PromptsOptions {
  std::string model, device = "auto", method, from, output;
  std::vector<std::string> classes, references;
  int image_size = 0;
};

/// "winclip-{}.safetensors" holds one class a file.
std::string output_of(const PromptsOptions& options, const std::string& class_name) {
  std::string path = options.output;
  if (const auto at = path.find("{}"); at != std::string::npos) path.replace(at, 2, class_name);
  return path;
}

void check(const PromptsOptions& options) {
  if (options.method.empty() == options.from.empty())
    throw CLI::ValidationError("prompts",
                               "name either a --method that makes prompts from words, or trained "
                               "prompts with --from");
  if (options.from.empty() && options.classes.empty()) throw CLI::RequiredError("--class");
  if (!options.from.empty() && options.image_size > 0)
    throw CLI::ValidationError("--image-size", "trained prompts keep the size that they have");
  if (options.classes.size() > 1 && options.output.find("{}") == std::string::npos)
    throw CLI::ValidationError("--output",
                               "several classes make several files: put {} where their names go");
  if (options.classes.size() > 1 && !options.references.empty())
    throw CLI::ValidationError("--reference", "reference images are of one class");
}

std::string settings_text(const Prompts& prompts) {
  std::string layers;
  for (const int layer : prompts.features)
    layers += (layers.empty() ? "" : ",") + std::to_string(layer);
  return std::to_string(prompts.image_size) + " px, features of layer " + layers +
         ", no thresholds yet (anomalyclip calibrate finds them)";
}

void report(const Prompts& prompts, std::size_t references, const std::string& path) {
  std::cout << "method       " << prompts.method << '\n'
            << "class        " << prompts.class_name << '\n'
            << "normal       " << prompts.normal_template << '\n'
            << "abnormal     " << prompts.abnormal_template << '\n'
            << "settings     " << settings_text(prompts) << '\n';
  if (references > 0) std::cout << "references   " << references << " images\n";
  std::cout << "wrote        " << std::filesystem::path(path).filename().string() << " ("
            << (std::filesystem::file_size(path) + 1023) / 1024 << " KiB)\n";
}

void make_prompts(const PromptsOptions& options) {
  check(options);
  const std::vector<std::string> images =
      options.references.empty() ? std::vector<std::string>() : list_images(options.references);
  const std::string model = options.model.empty() ? demo_model_path() : options.model;
  if (options.model.empty())
    std::cerr << "anomalyclip: using the demo model, which only knows drawn parts; --model names "
                 "another\n";
  PromptMaker maker(load_model(model), resolve_device(options.device));
  const std::vector<std::string> classes =
      options.classes.empty() ? std::vector<std::string>{""} : options.classes;  // "": the file's
  for (const std::string& name : classes) {
    PromptDraft draft = options.from.empty()
                            ? maker.from_words(options.method, name, options.image_size)
                            : maker.from_trained(options.from, name);
    if (!images.empty()) maker.set_references(draft, images);
    // As it was said: a context's words have spaces where a data set's class has underscores.
    const std::string path = output_of(options, name.empty() ? draft.prompts.class_name : name);
    save_prompts(path, draft.prompts, draft.learned);
    report(draft.prompts, images.size(), path);
  }
}

}  // namespace

void add_prompts(CLI::App& app) {
  const auto options = std::make_shared<PromptsOptions>();
  CLI::App* command = app.add_subcommand(
      "prompts", "Make prompts from words, put trained ones to another class, or add references");
  command->add_option("--model", options->model,
                      "Model, a safetensors file (default: the demo model)");
  command
      ->add_option("--method", options->method,
                   "clip, clip-ac or winclip: prompts from words, no training")
      ->check(CLI::IsMember({"clip", "clip-ac", "winclip", "vand", "coop", "anomalyclip"}));
  command->add_option("--from", options->from,
                      "Trained prompts (anomalyclip, coop, vand) to put to another class");
  command->add_option("--class", options->classes,
                      "What is inspected, as people say it: bottle; may be given several times");
  command
      ->add_option("--reference", options->references,
                   "Images of good parts (files, folders, patterns) to compare with; winclip, vand")
      ->type_name("IMAGE");
  command
      ->add_option("--image-size", options->image_size,
                   "Pixels, a multiple of the patch size (default: the method's)")
      ->check(CLI::Range(1, 16384));
  command->add_option("--device", options->device, "auto, cpu, cuda or cuda:N")
      ->capture_default_str();
  command
      ->add_option("-o,--output", options->output,
                   "The prompt file to write; {} stands for the class's name")
      ->required();
  command->callback([options] { make_prompts(*options); });
}

}  // namespace anomalyclip::trainer
