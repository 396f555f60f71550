//! Pickles that are no tables of tensors.

use super::*;

fn run(program: &[u8]) -> Result<Value> {
    let machine = Machine {
        program,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    machine.run()
}

/// What would run a command in Python is refused by its name.
#[test]
fn functions_that_no_tensors_need_are_refused() {
    let said = run(b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.").expect_err("refused");
    assert!(said.to_string().contains("os.system"), "{said}");
    assert!(said.to_string().contains("nothing was run"), "{said}");
}

#[test]
fn damaged_and_endless_pickles_are_refused() {
    for program in [
        &b""[..],
        b"\x80",
        b"t.",
        b"R.",
        b"X\xff\xff\xff\xff.",
        b"h\x07.",
        b".",
    ] {
        assert!(run(program).is_err(), "{program:?}");
    }
    let nested = [b")".to_vec(), b"\x85".repeat(100_000), b".".to_vec()].concat();
    assert!(run(&nested).is_err());
    // Each tuple holds the one before twice.
    let growing = [b")".to_vec(), b"q\x00h\x00\x86".repeat(60), b".".to_vec()].concat();
    assert!(run(&growing).is_err());
}

#[test]
fn a_table_of_numbers_is_understood() {
    let value = run(b"\x80\x02}q\x00(X\x01\x00\x00\x00aK\x07X\x01\x00\x00\x00bM\x01\x02u.");
    let Ok(Value::Dictionary(entries)) = value else {
        panic!("{value:?}");
    };
    let numbers: Vec<_> = entries
        .iter()
        .map(|(name, value)| match value {
            Value::Number(number) => (name.as_str(), *number),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, [("a", 7), ("b", 513)]);
}

#[test]
fn archives_that_are_cut_off_are_refused() {
    assert!(archive::files(b"PK\x03\x04").is_none());
    assert!(tensors(b"PK\x03\x04 and no more").is_err());
}
