// serve_model DIRECTORY REPOSITORY COMMIT: the stand-in for the Hub with the files of a directory as a model,
// until standard input ends. Prints the address of its endpoint.
#include <filesystem>
#include <iostream>
#include <string>

#include "base/files/file.h"
#include "hub/online/hub_stand_in.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: serve_model DIRECTORY REPOSITORY COMMIT\n";
    return 2;
  }
  const std::filesystem::path directory = argv[1];
  transkimmer::test::StandInModel model{.commit = argv[3]};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file())
      model.files[entry.path().lexically_relative(directory)] = transkimmer::read_file(entry.path());
  transkimmer::test::HubStandIn hub;
  hub.put(argv[2], std::move(model));
  std::cout << hub.address() << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
  }
  return 0;
}
