// The agent as a process of its own, for agent_process_test: on a node of libvirt's test driver and
// a /proc of the test's.   Usage: agent_child FOLDER REDIS_URL
#include "drivers/agent/agent.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string folder = argv[1];
  drivers::agent::AgentSettings settings;
  settings.host = {"h1"};
  settings.pool = "test";
  settings.redis = argv[2];
  settings.libvirt = "test://" + folder + "/node.xml";
  settings.libvirt_uri = settings.libvirt;
  settings.proc = folder + "/proc";
  settings.pid_folder = folder;
  return drivers::agent::run_agent(settings);
}
