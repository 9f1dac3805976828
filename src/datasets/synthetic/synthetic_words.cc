#include "datasets/synthetic/synthetic_words.h"

namespace transkimmer::synthetic {
namespace {

template <std::size_t N>
using List = std::array<std::string_view, N>;

// Seven phrases of each topic hold a word found nowhere else ("overcharged"); three hold only words that
// other topics, distractors or small talk use too ("never", "came", "wrong"), so that the words must be read
// together.
constexpr List<10> kBilling = {"overcharged on the invoice", "double payment deducted",
                               "card debited by mistake",    "wrong amount billed",
                               "hidden fees on the card",    "subscription renewed unasked",
                               "duplicate charge posted",    "the refund never came",
                               "invoice shows wrong total",  "the payment went wrong"};
constexpr List<6> kBillingFine = {"the refund came quickly",  "invoice shows every item",
                                  "the payment went through", "the card works fine",
                                  "subscription is fine",     "charge is correct"};
constexpr List<10> kDelivery = {"parcel arrived damaged",       "courier lost the box",
                                "shipment stuck at customs",    "order came weeks late",
                                "the box was crushed",          "dumped on the doorstep",
                                "parcel has gone missing",      "the package never came",
                                "tracking shows wrong address", "the route went wrong"};
constexpr List<6> kDeliveryFine = {"the package came quickly", "tracking shows every stop",
                                   "the route went through",   "parcel arrived fine",
                                   "the courier was fine",     "order is correct"};
constexpr List<10> kTechnical = {"app keeps crashing",       "screen freezes after start",
                                 "login gets rejected",      "sync fails silently",
                                 "device overheats quickly", "page loads blank",
                                 "an error appears",         "the password never came",
                                 "display shows wrong date", "the update went wrong"};
constexpr List<6> kTechnicalFine = {"the password came quickly",
                                    "display shows every photo",
                                    "the update went through",
                                    "the app works fine",
                                    "screen is fine",
                                    "device is correct"};
constexpr List<10> kPraise = {
    "agent gave superb help",    "delighted with the team",    "staff solved everything",
    "gladly recommend the team", "impressed by the staff",     "kudos to the agent",
    "flawless service",          "the agent never went wrong", "service came quickly and works",
    "staff shows every care"};
constexpr List<6> kPraiseFine = {
    "the agent came late", "staff shows every form", "the call to service went through",
    "the staff works",     "the team was fine",      "service is correct"};
constexpr List<6> kNeutral = {"the letter never came", "the map shows wrong street", "the picnic went wrong",
                              "a photo is late",       "the kettle works fine",      "a stop is missed"};

constexpr std::array<Topic, 4> kTopics = {{{"billing", kBilling, kBillingFine},
                                           {"delivery", kDelivery, kDeliveryFine},
                                           {"technical", kTechnical, kTechnicalFine},
                                           {"praise", kPraise, kPraiseFine}}};

constexpr List<6> kFrames = {"PHRASE .",       "it seems PHRASE .",    "i write because PHRASE .",
                             "today PHRASE .", "as i said , PHRASE .", "you should know , PHRASE ."};

constexpr List<8> kPatterns = {"the KIN VERB the ADJECTIVE THING .",
                               "TIME , the KIN VERB a THING PLACE .",
                               "the KIN ADVERB VERB the THING and the THING .",
                               "the ADJECTIVE THING belongs to the KIN .",
                               "PLACE there is a ADJECTIVE THING .",
                               "TIME the KIN and the KIN VERB the THING .",
                               "i ADVERB VERB my ADJECTIVE THING PLACE .",
                               "NAME VERB a ADJECTIVE , ADJECTIVE THING ."};

constexpr List<40> kKin = {
    "grandmother", "grandfather", "mother",   "father",    "brother",   "sister",  "uncle",    "aunt",
    "cousin",      "nephew",      "niece",    "neighbour", "colleague", "teacher", "student",  "doctor",
    "nurse",       "baker",       "gardener", "painter",   "plumber",   "driver",  "farmer",   "tailor",
    "butcher",     "barber",      "writer",   "singer",    "dancer",    "pilot",   "sailor",   "lawyer",
    "dentist",     "librarian",   "janitor",  "captain",   "mayor",     "chemist", "musician", "carpenter"};
constexpr List<60> kVerbs = {
    "painted",   "borrowed", "carried", "cleaned",  "collected",    "cooked",    "counted",  "covered",
    "described", "designed", "dropped", "emptied",  "examined",     "filled",    "fixed",    "folded",
    "followed",  "gathered", "hid",     "ignored",  "imagined",     "inspected", "joined",   "kept",
    "labelled",  "lifted",   "liked",   "measured", "mended",       "moved",     "named",    "noticed",
    "observed",  "offered",  "ordered", "packed",   "photographed", "planned",   "polished", "praised",
    "prepared",  "pulled",   "pushed",  "raised",   "remembered",   "repaired",  "replaced", "rescued",
    "saved",     "sketched", "sold",    "sorted",   "stored",       "studied",   "touched",  "traded",
    "visited",   "washed",   "watched", "wrapped"};
constexpr List<90> kThings = {
    "apple",    "armchair", "backpack", "balloon",  "banana",   "basket",    "bench",    "bicycle",
    "blanket",  "book",     "bottle",   "bowl",     "bracelet", "bread",     "brush",    "bucket",
    "button",   "cabinet",  "camera",   "candle",   "carpet",   "chair",     "cheese",   "clock",
    "coat",     "coin",     "comb",     "cookie",   "cup",      "curtain",   "cushion",  "diary",
    "drum",     "fence",    "flag",     "flower",   "flute",    "fork",      "garden",   "glove",
    "guitar",   "hammer",   "hat",      "helmet",   "jacket",   "jar",       "kite",     "ladder",
    "lamp",     "lemon",    "lantern",  "magazine", "mirror",   "mug",       "necklace", "needle",
    "notebook", "orange",   "oven",     "painting", "pan",      "pencil",    "piano",    "pillow",
    "plate",    "poem",     "postcard", "pot",      "puzzle",   "radio",     "ribbon",   "ring",
    "rope",     "sandwich", "scarf",    "scissors", "shelf",    "shirt",     "sofa",     "spoon",
    "statue",   "suitcase", "sweater",  "table",    "teapot",   "telescope", "tent",     "towel",
    "umbrella", "violin"};
constexpr List<50> kAdjectives = {
    "ancient", "blue",  "bright", "broad",  "brown",  "calm",   "cheap",  "clean",  "clever", "cold",
    "curious", "dark",  "deep",   "dry",    "dusty",  "empty",  "fancy",  "famous", "fresh",  "gentle",
    "golden",  "green", "grey",   "heavy",  "huge",   "large",  "light",  "little", "long",   "narrow",
    "new",     "noisy", "odd",    "old",    "plain",  "purple", "quiet",  "red",    "round",  "rusty",
    "sharp",   "shiny", "short",  "simple", "smooth", "soft",   "square", "tall",   "warm",   "yellow"};
constexpr List<30> kPlaces = {
    "in the kitchen", "at the station",   "near the river",  "behind the barn",   "under the bridge",
    "on the balcony", "by the window",    "at the market",   "in the cellar",     "beside the church",
    "near the lake",  "on the hill",      "in the library",  "at the harbour",    "behind the school",
    "in the attic",   "by the fountain",  "near the castle", "at the museum",     "on the island",
    "in the valley",  "beside the tower", "at the bakery",   "near the forest",   "under the stairs",
    "on the terrace", "by the gate",      "in the hallway",  "at the playground", "behind the theatre"};
constexpr List<24> kTimes = {"yesterday",         "last week",       "last month",      "last year",
                             "this morning",      "on monday",       "on tuesday",      "on wednesday",
                             "on thursday",       "on friday",       "on saturday",     "on sunday",
                             "in spring",         "in summer",       "in autumn",       "in winter",
                             "before lunch",      "after dinner",    "during holidays", "before sunrise",
                             "after the concert", "during the rain", "at midnight",     "at noon"};
constexpr List<24> kAdverbs = {"carefully", "slowly",   "often",   "rarely",  "sometimes", "usually",
                               "proudly",   "quietly",  "eagerly", "calmly",  "politely",  "secretly",
                               "happily",   "bravely",  "gently",  "neatly",  "loudly",    "nearly",
                               "simply",    "suddenly", "finally", "already", "almost",    "always"};
constexpr List<32> kNames = {"anna",  "bruno", "clara", "david", "emma",   "felix", "greta",  "hugo",
                             "ida",   "jonas", "karla", "leo",   "marta",  "nora",  "oscar",  "paula",
                             "quinn", "rosa",  "simon", "tina",  "ulrich", "vera",  "walter", "xenia",
                             "yusuf", "zoe",   "amir",  "bella", "carlos", "diana", "elias",  "farah"};

}  // namespace

std::span<const Topic> topics() {
  return kTopics;
}
Words neutral_phrases() {
  return kNeutral;
}
Words frames() {
  return kFrames;
}
Words patterns() {
  return kPatterns;
}
Words first_names() {
  return kNames;
}

Words list_of(std::string_view symbol) {
  if (symbol == "VERB") return kVerbs;
  if (symbol == "THING") return kThings;
  if (symbol == "ADJECTIVE") return kAdjectives;
  if (symbol == "PLACE") return kPlaces;
  if (symbol == "TIME") return kTimes;
  if (symbol == "ADVERB") return kAdverbs;
  if (symbol == "NAME") return kNames;
  if (symbol == "KIN") return kKin;
  return {};
}

}  // namespace transkimmer::synthetic
