# The real one declares the disk, the boot loader and what fetches the metadata.
{
  config.system.build.images.amazon = derivation {
    name = "no-image";
    system = "x86_64-linux";
    builder = "/bin/bash";
    args = [
      "-c"
      "echo 'only nixpkgs itself builds images' >&2; exit 1"
    ];
  };
}
