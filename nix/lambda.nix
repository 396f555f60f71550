# The endpoint for AWS Lambda (provided.al2023): a zip with `bootstrap`, the same bits each time.
{
  runCommand,
  zip,
  clip-search,
}:
runCommand "clip-search-lambda-${clip-search.version}" { nativeBuildInputs = [ zip ]; } ''
  install -m755 ${clip-search}/bin/clip-search bootstrap
  # The oldest time that a zip knows.
  TZ=UTC touch -d 1980-01-01T00:00:00Z bootstrap
  mkdir -p $out
  TZ=UTC zip -X -9 $out/clip-search.zip bootstrap
''
