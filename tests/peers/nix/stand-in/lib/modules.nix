# The module system, as strict as nixpkgs': an option that does not exist, a value of a wrong type,
# or two different values is an error in NixOS's words. Not lazy enough for all of NixOS.
{ lib }:
let
  inherit (builtins)
    attrNames
    concatMap
    foldl'
    isAttrs
    isFunction
    mapAttrs
    ;

  is = kind: value: isAttrs value && value._type or null == kind;
  path = builtins.concatStringsSep ".";

  # A definition without its properties: what is defined, and how strongly.
  plain =
    definition:
    if is "merge" definition then
      concatMap plain definition.contents
    else if is "if" definition then
      lib.optionals definition.condition (plain definition.content)
    else if is "override" definition then
      map (one: one // { inherit (definition) priority; }) (plain definition.content)
    else
      [
        {
          priority = 100;
          value = definition;
        }
      ];

  # A definition of a set, with its properties moved to the members. Conditions are not looked at,
  # since they may depend on what is defined here.
  members =
    definition:
    if is "merge" definition then
      concatMap members definition.contents
    else if is "if" definition then
      map (mapAttrs (_: self.mkIf definition.condition)) (members definition.content)
    else if is "override" definition then
      map (mapAttrs (
        _: content: {
          _type = "override";
          inherit (definition) priority;
          inherit content;
        }
      )) (members definition.content)
    else
      [ definition ];

  # The value of one option.
  settle =
    location: option: definitions:
    let
      all = concatMap plain (
        definitions ++ lib.optional (option ? default) (self.mkOptionDefault option.default)
      );
      strongest = foldl' (least: one: if one.priority < least then one.priority else least) 9999 all;
      values = map (one: one.value) (builtins.filter (one: one.priority == strongest) all);
    in
    if values == [ ] then
      throw "The option `${path location}' was accessed but has no value defined. Try setting the option."
    else
      self.merge location option.type values;

  # The values of all options of a tree, or of what is below `location`.
  values =
    location: options: definitions:
    let
      flat = concatMap members definitions;
      of = name: concatMap (one: lib.optional (one ? ${name}) one.${name}) flat;
      isUsed = name: concatMap plain (of name) != [ ];
      unknown = builtins.filter (name: !options ? ${name} && isUsed name) (
        attrNames (foldl' (all: one: all // one) { } flat)
      );
      known = mapAttrs (
        name: option:
        (if is "option" option then settle else values) (location ++ [ name ]) option (of name)
      ) options;
    in
    if unknown == [ ] then
      known
    else
      throw "The option `${path (location ++ [ (builtins.head unknown) ])}' does not exist.";

  declare =
    location: all: more:
    all
    // mapAttrs (
      name: option:
      if !all ? ${name} then
        option
      else if is "option" option || is "option" all.${name} then
        throw "The option `${path (location ++ [ name ])}' is already declared."
      else
        declare (location ++ [ name ]) all.${name} option
    ) more;

  self = {
    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
    mkMerge = contents: {
      _type = "merge";
      inherit contents;
    };
    mkDefault = content: {
      _type = "override";
      priority = 1000;
      inherit content;
    };
    mkForce = content: self.mkDefault content // { priority = 50; };
    mkOptionDefault = content: self.mkDefault content // { priority = 1500; };
    mkOption = option: option // { _type = "option"; };
    mkEnableOption =
      name:
      self.mkOption {
        type = lib.types.bool;
        default = false;
        example = true;
        description = "Whether to enable ${name}.";
      };
    inherit plain members settle;

    # One value of `type` made of several.
    merge =
      location: type: values:
      let
        wrong = builtins.filter (value: !type.check value) values;
        shown = builtins.tryEval (builtins.toJSON (builtins.head wrong));
      in
      if wrong == [ ] then
        type.merge location values
      else
        throw "A definition for option `${path location}' is not of type `${type.description}'. Definition values: ${
          if shown.success then shown.value else "<value>"
        }";

    # The values of the options of `modules`; `arguments` are given to modules that are functions.
    evalModules =
      {
        modules,
        arguments ? { },
        location ? [ ],
      }:
      let
        load =
          source:
          let
            read = if builtins.isPath source || builtins.isString source then import source else source;
            module =
              if isFunction read then
                read (
                  builtins.intersectAttrs (builtins.functionArgs read) {
                    inherit config lib;
                  }
                  // mapAttrs (name: _: arguments.${name} or config._module.args.${name}) (
                    removeAttrs (builtins.functionArgs read) [
                      "config"
                      "lib"
                    ]
                  )
                )
              else
                read;
            isLong = module ? config || module ? options;
          in
          concatMap load (module.imports or [ ])
          ++ [
            {
              options = module.options or { };
              config =
                if isLong then
                  module.config or { }
                else
                  removeAttrs module [
                    "_class"
                    "imports"
                  ];
            }
          ];
        loaded = concatMap load modules;
        declared = foldl' (declare location) {
          _module.args = self.mkOption {
            type = lib.types.attrsOf lib.types.raw;
            default = { };
          };
        } (map (one: one.options) loaded);
        config = values location declared (map (one: one.config) loaded);
      in
      {
        inherit config;
        options = declared;
      };
  };
in
self
