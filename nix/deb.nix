# The package for Debian and Ubuntu, laid out as Cargo.toml says (cargo-deb's table), with static
# programs: whatever glibc the system has will do.
{
  lib,
  runCommand,
  dpkg,
  stdenv,
  clip-bot,
  clip-search,
}:
let
  manifest = (lib.importTOML ../Cargo.toml).package;
  table = manifest.metadata.deb;
  architecture =
    {
      x86_64-linux = "amd64";
      aarch64-linux = "arm64";
    }
    .${stdenv.hostPlatform.system};
  source = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../CHANGELOG.md
      ../docs/completions
      ../docs/man
      ../docs/operating.md
      ../systemd
    ];
  };

  # [ from to mode ], as in cargo-deb: `to` is a folder where it ends with a slash. The licences of
  # the crates are collected by systemd/package, which needs the crates.
  assets = lib.filter (asset: !lib.hasSuffix "crates.txt" (lib.head asset)) table.assets;
  install =
    asset:
    let
      from = lib.head asset;
      to = "root/${lib.elemAt asset 1}";
      name = lib.removePrefix "target/release/" from;
      file =
        {
          "target/release/clip-bot" = "${clip-bot}/bin/clip-bot";
          "target/release/clip-search" = "${clip-search}/bin/clip-search";
        }
        .${from} or "${source}/${name}";
      way = if lib.hasSuffix "/" to then "-t ${to}" else "-T";
      target = lib.optionalString (!lib.hasSuffix "/" to) to;
    in
    "install -Dm${lib.elemAt asset 2} ${way} ${file} ${target}\n";

  control = ''
    Package: clip-bot
    Version: ${manifest.version}-1
    Architecture: ${architecture}
    Maintainer: ${table.maintainer}
    Section: ${table.section}
    Priority: optional
    Recommends: ${table.recommends}
    Description: ${manifest.description}
  ''
  + lib.concatMapStrings (line: " ${line}\n") (lib.splitString "\n" table.extended-description);
in
runCommand "clip-bot-deb-${manifest.version}"
  {
    nativeBuildInputs = [ dpkg ];
    inherit control;
    passAsFile = [ "control" ];
  }
  ''
    umask 022
    ${lib.concatMapStrings install assets}
    install -Dm644 ${source}/${lib.head table.license-file} root/usr/share/doc/clip-bot/copyright
    install -Dm644 ${source}/${table.changelog} root/usr/share/doc/clip-bot/changelog.Debian
    gzip -9 --no-name root/usr/share/man/man1/* root/usr/share/doc/clip-bot/changelog*
    mkdir root/DEBIAN
    cp $controlPath root/DEBIAN/control
    (cd root/etc && find * -type f -printf '/etc/%p\n' | sort) > root/DEBIAN/conffiles
    install -m755 ${source}/${table.maintainer-scripts}/{postinst,prerm,postrm} root/DEBIAN/
    find root -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    mkdir -p $out
    dpkg-deb --root-owner-group --build root $out
  ''
