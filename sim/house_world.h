// SPDX-License-Identifier: Apache-2.0
// The second of a seed's two worlds: whole houses with spaces and sessions. People found, join, link, retire, write,
// edit and take back while machines die, disks fill up, clocks jump and the network parts; then everything is healed,
// and what must hold is looked at from outside.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/house.h"
#include "sim/impostors.h"

namespace kith::sim {

class HouseWorld final : public NetworkListener {
 public:
  explicit HouseWorld(Run& run);
  ~HouseWorld() override;
  void play();

  // -- NetworkListener
  void opened(StreamId stream, Place at, Place from) override;
  void received(StreamId stream, Place at, ByteView bytes) override;
  void closed(StreamId stream, Place at) override;
  void drained(StreamId stream, Place at) override;
  void sent(StreamId stream, Place from, ByteView bytes) override;

 private:
  using Houses = std::vector<House*>;

  House& add_house(Beginning beginning, const crypto::Key& root);
  Houses members();

  // -- what happens
  void act();
  void write(House& house);
  void write_in_town(House& house);
  void bring_in(House& house);
  std::optional<space::Invitation> invite(House& house);
  std::optional<space::Invitation> invite_for_good(House& house);
  void retire(House& house);
  void kill(House& house);
  bool cut_after_sending(House& house);
  void boot_later(House& house);
  void disturb_disk(House& house);
  void disturb_clock(House& house);
  void disturb_network();
  bool disturb_handshake(StreamId stream, Place at, Place from);
  void dial_as_somebody_else();
  void carry(House& from, House& to);
  Result<void> pack(House& from, House& to, std::vector<Bytes>& parcels);
  void unpack(House& to, const Bytes& parcel);
  void erase(House& house);
  void run_until(std::uint64_t ms);

  // -- what must hold
  void heal();
  bool wait_until_same();
  bool are_same();
  std::string describe();
  void let_held_entries_come_due();
  void check_states();
  void check_schemas();
  std::optional<Bytes> masked_state_hash(House& house);
  void check_promises();
  bool is_everywhere(const DeviceId& device, const JournalLine& line);
  void check_logs();
  void check_rebuild();
  void check_erased();
  std::optional<Seq> retired_at(const DeviceId& device);  // the last entry that counts
  bool is_retired(House& house);
  void check_retired_cannot_read();
  void check_secrets();
  void add_epoch_secrets();
  void check_newcomer();

  Run& run_;
  Dice dice_;
  Timeline timeline_;
  Network network_;
  Impostors impostors_;
  std::vector<std::unique_ptr<House>> houses_;
  std::map<std::pair<StreamId, Place>, Bytes> wire_;  // everything that was ever sent
  std::vector<std::pair<std::string, Bytes>> secrets_;
  std::map<Place, Survival> survivals_;  // of the next boot, where it is not left to chance
  std::set<EntryId> erased_;
  std::map<House*, std::set<EntryId>> erased_at_;
  bool begins_updated_;                  // the place has the newer program's tables from the beginning
  std::map<std::string, House*> posts_;  // that somebody may answer
  bool is_over_ = false;
};

}  // namespace kith::sim
