// fetch_once NAME: finds a model by name, as the environment says how, and prints its directory.
#include <exception>
#include <iostream>

#include "hub/find_model.h"

int main(int argc, char** argv) {
  try {
    const auto found = transkimmer::find_model(argc > 1 ? argv[1] : "");
    std::cout << found.directory.string() << std::endl;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
