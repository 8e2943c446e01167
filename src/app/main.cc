#include "app/cli/cli.h"

int main(int argc, char** argv) {
  return gatehouse::app::cli::run(argc, argv);
}
