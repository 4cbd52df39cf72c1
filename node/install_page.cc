// SPDX-License-Identifier: Apache-2.0
#include "node/install_page.h"

#include <array>
#include <vector>

namespace kith::node {
namespace {

constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

enum class Language : std::size_t { kEnglish, kGerman };

/// The same text in both languages.
struct Text {
  const char* english;
  const char* german;
  const char* in(Language language) const { return language == Language::kGerman ? german : english; }
};

/// What is seen on the screen at one step: a title and lines, one of which is to be touched.
struct Picture {
  bool is_phone;
  Text title;
  std::array<Text, 3> lines;
  int touched;  // which line
};

struct Step {
  Text text;
  Picture picture;
};

struct System {
  const char* id;
  const char* name;
  const char* file;
  std::vector<Step> steps;
};

constexpr Text kNothing{"", ""};

const std::vector<System>& systems() {
  static const std::vector<System> all = {
      {"android",
       "Android",
       "/install/kith.crt",
       {{{"Load the certificate (the button above). It lies in Downloads then.",
          "Lade das Zertifikat (der Knopf darüber). Es liegt dann in den Downloads."},
         {true, {"Downloads", "Downloads"}, {{{"kith.crt", "kith.crt"}, kNothing, kNothing}}, 0}},
        {{"Open Settings, search for “CA certificate”, choose Install from device storage.",
          "Öffne die Einstellungen, suche „CA-Zertifikat“, wähle „Vom Gerätespeicher installieren“."},
         {true,
          {"Encryption & credentials", "Verschlüsselung & Anmeldedaten"},
          {{{"Trusted credentials", "Vertrauenswürdige Anmeldedaten"},
            {"Install a certificate", "Zertifikat installieren"},
            kNothing}},
          1}},
        {{"Choose CA certificate, Install anyway, and the file kith.crt.",
          "Wähle „CA-Zertifikat“, „Trotzdem installieren“ und die Datei kith.crt."},
         {true,
          {"Install a certificate", "Zertifikat installieren"},
          {{{"CA certificate", "CA-Zertifikat"},
            {"VPN & app user certificate", "VPN- & App-Nutzerzertifikat"},
            {"Wi-Fi certificate", "WLAN-Zertifikat"}}},
          0}}}},
      {"ios",
       "iPhone, iPad",
       "/install/kith.crt",
       {{{"Load the certificate in Safari and allow the profile.",
          "Lade das Zertifikat in Safari und erlaube das Profil."},
         {true,
          {"This website is trying to download a configuration profile",
           "Diese Website möchte ein Konfigurationsprofil laden"},
          {{{"Ignore", "Ignorieren"}, {"Allow", "Zulassen"}, kNothing}},
          1}},
        {{"Settings, Profile Downloaded, Install.", "Einstellungen, „Profil geladen“, Installieren."},
         {true,
          {"Settings", "Einstellungen"},
          {{{"Profile Downloaded", "Profil geladen"}, {"Airplane Mode", "Flugmodus"}, {"Wi-Fi", "WLAN"}}},
          0}},
        {{"Settings, General, About, Certificate Trust Settings: switch Kith on.",
          "Einstellungen, Allgemein, Info, Zertifikatsvertrauenseinstellungen: Kith einschalten."},
         {true,
          {"Certificate Trust Settings", "Zertifikatsvertrauen"},
          {{{"Kith: your place   ◉", "Kith: euer Ort   ◉"}, kNothing, kNothing}},
          0}}}},
      {"windows",
       "Windows",
       "/install/kith.crt",
       {{{"Load the certificate, open it, choose Install Certificate.",
          "Lade das Zertifikat, öffne es, wähle „Zertifikat installieren“."},
         {false,
          {"Certificate", "Zertifikat"},
          {{{"Issued to: Kith", "Ausgestellt für: Kith"},
            {"Install Certificate…", "Zertifikat installieren…"},
            {"OK", "OK"}}},
          1}},
        {{"Current User; place it in Trusted Root Certification Authorities; Finish.",
          "Aktueller Benutzer; Speicher „Vertrauenswürdige Stammzertifizierungsstellen“; Fertig stellen."},
         {false,
          {"Certificate store", "Zertifikatspeicher"},
          {{{"Personal", "Eigene Zertifikate"},
            {"Trusted Root Certification Authorities", "Vertrauenswürdige Stammzertifizierungsstellen"},
            {"Enterprise Trust", "Organisationsvertrauen"}}},
          1}}}},
      {"macos",
       "macOS",
       "/install/kith.crt",
       {{{"Load the certificate and open it: Keychain Access takes it into the login keychain.",
          "Lade das Zertifikat und öffne es: Die Schlüsselbundverwaltung nimmt es in den Schlüsselbund „Anmeldung“."},
         {false,
          {"Keychain Access", "Schlüsselbundverwaltung"},
          {{{"login", "Anmeldung"}, {"Certificates", "Zertifikate"}, {"Kith: your place", "Kith: euer Ort"}}},
          2}},
        {{"Open it there, unfold Trust, choose Always Trust.",
          "Öffne es dort, klappe „Vertrauen“ auf, wähle „Immer vertrauen“."},
         {false,
          {"Trust", "Vertrauen"},
          {{{"When using this certificate: Always Trust", "Bei Verwendung: Immer vertrauen"}, kNothing, kNothing}},
          0}}}},
      {"linux",
       "Linux",
       "/install/kith.pem",
       {{{"Firefox: Settings, Privacy & Security, View Certificates, Authorities, Import. Tick “identify websites”.",
          "Firefox: Einstellungen, Datenschutz & Sicherheit, Zertifikate anzeigen, Zertifizierungsstellen, "
          "Importieren. "
          "Haken bei „Websites identifizieren“."},
         {false,
          {"Certificate Manager", "Zertifikatverwaltung"},
          {{{"Your Certificates", "Ihre Zertifikate"},
            {"Authorities", "Zertifizierungsstellen"},
            {"Import…", "Importieren…"}}},
          2}},
        {{"Chromium: Settings, Privacy and security, Security, Manage certificates, Authorities, Import.",
          "Chromium: Einstellungen, Datenschutz und Sicherheit, Sicherheit, Zertifikate verwalten, "
          "Zertifizierungsstellen, Importieren."},
         {false,
          {"Manage certificates", "Zertifikate verwalten"},
          {{{"Authorities", "Zertifizierungsstellen"}, {"Import", "Importieren"}, kNothing}},
          1}}}}};
  return all;
}

constexpr Text kTitle{"Trust this neighbourhood’s certificate", "Dem Zertifikat dieser Nachbarschaft vertrauen"};
constexpr Text kWhy{
    "With it your browser opens the houses of your neighbours securely: the page then works without a network, keeps "
    "what you write on this device, and nobody on the Wi-Fi can read along. It takes two minutes, once per device.",
    "Damit öffnet dein Browser die Häuser deiner Nachbarn sicher: Die Seite läuft dann auch ohne Netz, bewahrt auf "
    "diesem Gerät, was du schreibst, und im WLAN liest niemand mit. Es dauert zwei Minuten, einmal je Gerät."};
constexpr Text kHonest{
    "It can vouch only for addresses inside a home network, not for any site of the internet. Compare this fingerprint "
    "with the one that your neighbour’s house shows, before you trust it:",
    "Es kann nur für Adressen in einem Heimnetz bürgen, für keine Seite im Internet. Vergleiche diesen Fingerabdruck "
    "mit dem, den das Haus deiner Nachbarn zeigt, bevor du ihm vertraust:"};
constexpr Text kLoad{"Load the certificate", "Zertifikat laden"};
constexpr Text kThen{"Then open this house securely", "Öffne danach dieses Haus sicher"};

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
}

std::string text_at(int x, int y, const char* kind, std::string_view text) {
  std::string out = "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" class=\"" + kind + "\">";
  append_escaped(out, text);
  return out + "</text>";
}

std::string box(int x, int y, int width, int height, int round, const char* kind) {
  return "<rect x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" width=\"" + std::to_string(width) +
         "\" height=\"" + std::to_string(height) + "\" rx=\"" + std::to_string(round) + "\" class=\"" + kind + "\"/>";
}

/// A screen, drawn. What it shows is said in the step's words as well, so it is no more than decoration to a reader.
std::string draw(const Picture& picture, Language language) {
  constexpr int kWidth = 300, kTop = 46, kLine = 34;
  const int height = picture.is_phone ? 172 : 158;
  std::string out = "<svg viewBox=\"0 0 " + std::to_string(kWidth) + " " + std::to_string(height) +
                    "\" aria-hidden=\"true\" focusable=\"false\">";
  out += box(2, 2, kWidth - 4, height - 4, picture.is_phone ? 22 : 6, "frame");
  out += box(2, 2, kWidth - 4, 34, picture.is_phone ? 22 : 6, "bar");
  out += text_at(18, 24, "title", picture.title.in(language));
  for (int i = 0; i < 3; ++i) {
    const std::string_view line = picture.lines[static_cast<std::size_t>(i)].in(language);
    if (line.empty()) continue;
    const int y = kTop + i * kLine;
    out += box(12, y, kWidth - 24, kLine - 6, 6, i == picture.touched ? "row touched" : "row");
    out += text_at(22, y + 19, i == picture.touched ? "line strong" : "line", line);
    if (i == picture.touched) out += "<circle cx=\"272\" cy=\"" + std::to_string(y + 14) + "\" r=\"7\" class=\"tip\"/>";
  }
  return out + "</svg>";
}

std::string section(const System& system, Language language) {
  std::string out = "<section id=\"" + std::string(system.id) + "\"><h2>" + system.name +
                    "</h2><p><a class=\"button\" href=\"" + system.file + "\" download>" + kLoad.in(language) +
                    "</a></p><ol>";
  for (const Step& step : system.steps) {
    out += "<li><p>";
    append_escaped(out, step.text.in(language));
    out += "</p>" + draw(step.picture, language) + "</li>";
  }
  return out + "</ol></section>";
}

/// German where it is asked for before English.
Language language_of(std::string_view accepted) {
  const auto german = accepted.find("de");
  return german != std::string_view::npos && german < accepted.find("en") ? Language::kGerman : Language::kEnglish;
}

constexpr std::string_view kStyle = R"(:root {
  color-scheme: light dark;
  --ink: #1d2433; --paper: #fbfaf7; --soft: #e9e6df; --deep: #1f5f8b; --on: #fff;
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e6e1; --paper: #15181e; --soft: #2a2f38; --deep: #7db7e0; --on: #10151c; }
}
body {
  margin: 0 auto; max-width: 44rem; padding: 1.5rem 1rem 4rem;
  font: 1.05rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
}
h1 { line-height: 1.2; }
code { overflow-wrap: anywhere; }
nav a, .button {
  display: inline-block; min-height: 2.75rem; line-height: 2.75rem; padding: 0 1rem; margin: .2rem .3rem .2rem 0;
  border-radius: .5rem; background: var(--soft); color: var(--ink);
}
.button { background: var(--deep); color: var(--on); text-decoration: none; }
a:focus-visible { outline: 3px solid var(--deep); outline-offset: 2px; }
ol { padding-left: 1.3rem; }
li { margin: 1rem 0; }
svg { width: 100%; max-width: 22rem; display: block; }
.frame { fill: var(--paper); stroke: var(--ink); stroke-width: 2; }
.bar, .row { fill: var(--soft); }
.touched { fill: var(--paper); stroke: var(--deep); stroke-width: 3; }
text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.title, .strong { font-weight: 700; }
.tip { fill: var(--deep); }
)";

}  // namespace

net::HttpResponse install_page(const net::HttpRequest& request, const std::string& fingerprint) {
  const Language language = language_of(request.header("Accept-Language"));
  std::string out = "<!doctype html><html lang=\"" + std::string(language == Language::kGerman ? "de" : "en") +
                    "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, "
                    "initial-scale=1\"><link rel=\"stylesheet\" href=\"/install/style.css\"><title>" +
                    kTitle.in(language) + "</title></head><body><main><h1>" + kTitle.in(language) + "</h1><p>" +
                    kWhy.in(language) + "</p><p>" + kHonest.in(language) + "</p><p><code>" + fingerprint +
                    "</code></p><nav>";
  for (const System& system : systems()) {
    out += "<a href=\"#" + std::string(system.id) + "\">" + system.name + "</a>";
  }
  out += "</nav>";
  for (const System& system : systems()) out += section(system, language);
  std::string secure = "https://";
  append_escaped(secure, request.header("Host"));
  out += "<p><a class=\"button\" href=\"" + secure + "/\">" + kThen.in(language) + "</a></p></main></body></html>";
  net::HttpResponse response;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(out);
  response.headers = {{"Content-Security-Policy", std::string(kPolicy)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Vary", "Accept-Language"},
                      {"Cache-Control", "no-cache"}};
  return response;
}

net::HttpResponse install_style() {
  net::HttpResponse out;
  out.content_type = "text/css; charset=utf-8";
  out.body = kStyle;
  out.headers = {{"X-Content-Type-Options", "nosniff"}, {"Cache-Control", "no-cache"}};
  return out;
}

}  // namespace kith::node
