# The functions of nixpkgs' lib that our Nix files use, each with the same meaning there. What is
# only used within the stand-in is at the end.
let
  lib = {
    inherit (builtins)
      attrNames
      concatMap
      elem
      elemAt
      filter
      head
      mapAttrs
      ;

    # Lists
    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: values: if condition then values else [ ];
    optionalAttrs = condition: set: if condition then set else { };

    # Texts
    concatMapStrings = f: values: lib.concatStrings (map f values);
    concatStrings = builtins.concatStringsSep "";
    escape = characters: builtins.replaceStrings characters (map (one: "\\${one}") characters);
    hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
    hasSuffix =
      suffix: text:
      let
        start = builtins.stringLength text - builtins.stringLength suffix;
      in
      start >= 0 && builtins.substring start (-1) text == suffix;
    optionalString = condition: text: if condition then text else "";
    removePrefix =
      prefix: text:
      if lib.hasPrefix prefix text then
        builtins.substring (builtins.stringLength prefix) (-1) text
      else
        text;
    removeSuffix =
      suffix: text:
      if lib.hasSuffix suffix text then
        builtins.substring 0 (builtins.stringLength text - builtins.stringLength suffix) text
      else
        text;
    splitString =
      separator: text: filter builtins.isString (builtins.split (lib.escape [ "." "\\" ] separator) text);

    # Sets
    filterAttrs =
      keep: set: removeAttrs set (filter (name: !keep name set.${name}) (builtins.attrNames set));
    genAttrs = names: f: builtins.listToAttrs (map (name: lib.nameValuePair name (f name)) names);
    mapAttrs' = f: set: builtins.listToAttrs (map (name: f name set.${name}) (builtins.attrNames set));
    mapAttrsToList = f: set: map (name: f name set.${name}) (builtins.attrNames set);
    recursiveUpdate =
      set: changes:
      set
      // builtins.mapAttrs (
        name: value:
        if builtins.isAttrs value && builtins.isAttrs (set.${name} or null) then
          lib.recursiveUpdate set.${name} value
        else
          value
      ) changes;
    nameValuePair = name: value: { inherit name value; };

    # Files and packages
    fileset = import ./fileset.nix;
    getExe = package: "${package}/bin/${package.meta.mainProgram}";
    literalMD = text: {
      _type = "literalMD";
      inherit text;
    };
    importTOML = file: fromTOML (builtins.readFile file);
    licenses = {
      asl20.spdxId = "Apache-2.0";
      mit.spdxId = "MIT";
    };
    platforms.linux = [
      "aarch64-linux"
      "x86_64-linux"
    ];

    # Modules
    inherit (modules)
      mkDefault
      mkEnableOption
      mkForce
      mkIf
      mkMerge
      mkOption
      ;
    types = import ./types.nix { inherit lib modules; };

    # Of the stand-in
    inherit (modules) evalModules;
    makeOverridable =
      f: arguments:
      f arguments
      // {
        override = changed: lib.makeOverridable f (arguments // changed);
      };
  };
  inherit (builtins) filter fromTOML;
  modules = import ./modules.nix { inherit lib; };
in
lib
