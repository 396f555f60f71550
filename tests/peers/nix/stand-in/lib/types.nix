# lib.types: each has a description, a check of one value, and a way to make one value of several.
{ lib, modules }:
let
  type = description: check: merge: { inherit description check merge; };
  path = builtins.concatStringsSep ".";

  # All definitions must agree.
  same =
    location: values:
    if builtins.all (value: value == lib.head values) values then
      lib.head values
    else
      throw "The option `${path location}' has conflicting definition values: ${builtins.concatStringsSep ", " (map builtins.toJSON values)}";
  simple = description: check: type description check same;
  first = _location: lib.head;
  isPackage = value: value.type or null == "derivation";

  types = {
    bool = simple "boolean" builtins.isBool;
    int = simple "signed integer" builtins.isInt;
    str = simple "string" builtins.isString;
    package = type "package" isPackage first;
    path = simple "absolute path" (
      value:
      builtins.isPath value || isPackage value || (builtins.isString value && lib.hasPrefix "/" value)
    );
    lines = type "strings concatenated with \"\\n\"" builtins.isString (
      _: builtins.concatStringsSep "\n"
    );
    raw = type "raw value" (_: true) first;
    deferredModule = type "module" (_: true) (_: imports: { inherit imports; });

    enum = values: simple "one of ${builtins.toJSON values}" (value: lib.elem value values);
    oneOf =
      choices:
      type (builtins.concatStringsSep " or " (map (one: one.description) choices))
        (value: builtins.any (one: one.check value) choices)
        (
          location: values:
          (lib.head (lib.filter (one: builtins.all one.check values) choices)).merge location values
        );
    nullOr =
      of:
      type "null or ${of.description}" (value: value == null || of.check value) (
        location: values:
        if builtins.all (value: value == null) values then null else modules.merge location of values
      );
    listOf =
      of:
      type "list of ${of.description}" builtins.isList (
        location: values:
        map (one: modules.merge location of [ one.value ]) (
          lib.concatMap modules.plain (builtins.concatLists values)
        )
      );
    attrsOf =
      of:
      type "attribute set of ${of.description}" builtins.isAttrs (
        location: values:
        let
          sets = lib.concatMap modules.members values;
          definitions = name: lib.concatMap (one: lib.optional (one ? ${name}) one.${name}) sets;
          names = builtins.attrNames (builtins.foldl' (all: one: all // one) { } sets);
          isUsed = name: lib.concatMap modules.plain (definitions name) != [ ];
        in
        lib.genAttrs (lib.filter isUsed names) (
          name: modules.settle (location ++ [ name ]) { type = of; } (definitions name)
        )
      );
    submodule =
      module:
      type "submodule" (value: builtins.isAttrs value) (
        location: values:
        removeAttrs
          (modules.evalModules {
            modules = [ module ] ++ map (config: { inherit config; }) values;
            inherit location;
          }).config
          [ "_module" ]
      );
  };
in
types
