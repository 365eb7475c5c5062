#include <exception>
#include <iostream>

#include <CLI/CLI.hpp>

#include "commands.h"

namespace {

int run(int argc, char** argv) {
  CLI::App app{"Zero-shot anomaly detection with AnomalyCLIP: models, prompts, scores"};
  app.set_version_flag("--version", ANOMALYCLIP_VERSION);
  app.require_subcommand(1);
  anomalyclip::trainer::add_bench(app);
  anomalyclip::trainer::add_calibrate(app);
  anomalyclip::trainer::add_convert(app);
  anomalyclip::trainer::add_eval(app);
  anomalyclip::trainer::add_pretrain(app);
  anomalyclip::trainer::add_prompts(app);
  anomalyclip::trainer::add_score(app);
  anomalyclip::trainer::add_synth(app);
  anomalyclip::trainer::add_train(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;  // 0: --help, --version
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "anomalyclip: " << error.what() << '\n';
    return 1;
  }
}
