//! Files of `torch.save`: a zip archive with a pickle, which tells names and shapes of tensors, and a file
//! with the numbers of each.
//!
//! A pickle is a program, and Python runs what it names. Nothing is run here: the few instructions that
//! tensors are written with are understood, the functions that they name are compared with those that
//! `PyTorch` writes, and everything else is refused.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::Dtype;

use super::tensors::Tensor;
use super::unusable;
use crate::error::{Error, Result};

mod archive;

pub(super) use archive::is_archive;

/// The tensors of the archive by name, whose numbers stay where they are. Tensors that are no floats,
/// such as counters, are left out.
pub(super) fn tensors(bytes: &[u8]) -> Result<BTreeMap<String, Tensor<'_>>> {
    let files = archive::files(bytes).ok_or_else(|| unusable("it is no sound zip archive"))?;
    let pickle = files.iter().find(|(name, _)| name.ends_with("/data.pkl"));
    let (name, pickle) = pickle.ok_or_else(|| unusable("it has no data.pkl"))?;
    let folder = name.strip_suffix("data.pkl").unwrap_or_default();
    let value = Machine {
        program: pickle,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    }
    .run()?;
    let mut found = BTreeMap::new();
    collect(&value, &mut |name, stored| {
        let data = files
            .get(&format!("{folder}data/{}", stored.key))
            .copied()
            .ok_or_else(|| unusable(format!("the numbers of {name} are missing")))?;
        if let Some(tensor) = stored.tensor(data, name)? {
            found.insert(name.to_owned(), tensor);
        }
        Ok(())
    })?;
    Ok(found)
}

/// Calls `each` for all tensors of a state, which may lie in one named `state_dict`.
fn collect(value: &Value, each: &mut dyn FnMut(&str, &Stored) -> Result<()>) -> Result<()> {
    let Value::Dictionary(entries) = value else {
        return Err(unusable("its pickle is no table of tensors"));
    };
    let inner = entries
        .iter()
        .find(|(name, value)| name == "state_dict" && matches!(value, Value::Dictionary(_)));
    if let Some((_, inner)) = inner {
        return collect(inner, each);
    }
    for (name, value) in entries {
        if let Value::Tensor(stored) = value {
            each(name.strip_prefix("module.").unwrap_or(name), stored)?;
        }
    }
    Ok(())
}

/// How many levels of values within values are understood.
const MAX_DEPTH: usize = 6;

#[derive(Debug, Clone)]
enum Value {
    Nothing,
    Number(usize),
    Text(String),
    Tuple(Vec<Value>),
    Dictionary(Vec<(String, Value)>),
    /// A function or class: its module and name.
    Global(String),
    Storage(Storage),
    Tensor(Stored),
}

impl Value {
    /// How many levels of values it holds.
    fn depth(&self) -> usize {
        match self {
            Self::Tuple(parts) => 1 + parts.iter().map(Self::depth).max().unwrap_or_default(),
            Self::Dictionary(entries) => {
                // The last one is enough: each was looked at when it came.
                1 + entries.last().map_or(0, |(_, value)| value.depth())
            }
            _ => 0,
        }
    }
}

/// A file of numbers in the archive.
#[derive(Debug, Clone)]
struct Storage {
    /// None if the numbers are not floats.
    dtype: Option<Dtype>,
    key: String,
}

/// A tensor as part of a storage.
#[derive(Debug, Clone)]
struct Stored {
    dtype: Option<Dtype>,
    key: String,
    /// In numbers.
    offset: usize,
    shape: Vec<usize>,
    stride: Vec<usize>,
}

impl Stored {
    fn tensor<'a>(&self, data: &'a [u8], name: &str) -> Result<Option<Tensor<'a>>> {
        let Some(dtype) = self.dtype else {
            return Ok(None);
        };
        let mut whole = 1_usize;
        let mut is_dense = self.shape.len() == self.stride.len();
        for (size, stride) in self.shape.iter().zip(&self.stride).rev() {
            is_dense &= *size == 1 || *stride == whole;
            whole = whole.checked_mul(*size).ok_or_else(malformed)?;
        }
        if !is_dense {
            return Err(unusable(format!(
                "the numbers of tensor {name} do not lie in order"
            )));
        }
        let size = dtype.bitsize() / 8;
        let from = self.offset.checked_mul(size);
        let to = self
            .offset
            .checked_add(whole)
            .and_then(|end| end.checked_mul(size));
        let bytes = from.zip(to).and_then(|(from, to)| data.get(from..to));
        let bytes = bytes.ok_or_else(|| unusable(format!("tensor {name} is cut off")))?;
        Ok(Some(Tensor {
            dtype,
            shape: self.shape.clone(),
            bytes: Cow::Borrowed(bytes),
        }))
    }
}

/// Understands the instructions of a pickle one after the other.
struct Machine<'a> {
    program: &'a [u8],
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: HashMap<usize, Value>,
}

impl Machine<'_> {
    fn run(mut self) -> Result<Value> {
        loop {
            let code = self.number(1)?;
            match u8::try_from(code).map_err(|_| malformed())? {
                b'.' => return self.pop(),
                0x80 => drop(self.take(1)?),
                0x95 => drop(self.take(8)?),
                b'(' => self.marks.push(self.stack.len()),
                b'N' => self.stack.push(Value::Nothing),
                0x88 => self.stack.push(Value::Number(1)),
                0x89 => self.stack.push(Value::Number(0)),
                b'K' => self.push_number(1)?,
                b'M' => self.push_number(2)?,
                b'J' => self.push_number(4)?,
                0x8a => {
                    let length = self.number(1)?;
                    self.push_number(length)?;
                }
                b'G' => {
                    self.take(8)?;
                    self.stack.push(Value::Nothing);
                }
                b'X' => self.push_text(4)?,
                0x8c => self.push_text(1)?,
                b'}' => self.stack.push(Value::Dictionary(Vec::new())),
                b']' | b')' => self.stack.push(Value::Tuple(Vec::new())),
                b't' => {
                    let parts = self.above_mark()?;
                    self.push(Value::Tuple(parts))?;
                }
                code @ 0x85..=0x87 => self.push_tuple(usize::from(code - 0x84))?,
                b'q' => self.remember(1)?,
                b'r' => self.remember(4)?,
                0x94 => self.remember_at(self.memo.len())?,
                b'h' => self.recall(1)?,
                b'j' => self.recall(4)?,
                b'c' => {
                    let name = format!("{}.{}", self.line()?, self.line()?);
                    self.stack.push(Value::Global(name));
                }
                0x93 => {
                    let (Value::Text(name), Value::Text(module)) = (self.pop()?, self.pop()?)
                    else {
                        return Err(malformed());
                    };
                    self.stack.push(Value::Global(format!("{module}.{name}")));
                }
                b'Q' => self.storage()?,
                b'R' => self.call()?,
                // What is built onto an object, such as notes of a table, is nothing that is needed.
                b'b' => drop(self.pop()?),
                b's' => {
                    let (value, key) = (self.pop()?, self.pop()?);
                    self.add(vec![key, value])?;
                }
                b'u' => {
                    let entries = self.above_mark()?;
                    self.add(entries)?;
                }
                b'a' => drop(self.pop()?),
                b'e' => drop(self.above_mark()?),
                other => {
                    return Err(unusable(format!(
                        "its pickle has the instruction {other:#04x}, which tensors are not written with"
                    )));
                }
            }
        }
    }

    fn take(&mut self, length: usize) -> Result<&[u8]> {
        let (taken, rest) = self
            .program
            .split_at_checked(length)
            .ok_or_else(malformed)?;
        self.program = rest;
        Ok(taken)
    }

    fn number(&mut self, length: usize) -> Result<usize> {
        let mut number = 0_usize;
        for byte in self.take(length)?.iter().rev() {
            let shifted = number.checked_mul(256).ok_or_else(malformed)?;
            number = shifted | usize::from(*byte);
        }
        Ok(number)
    }

    fn push_number(&mut self, length: usize) -> Result<()> {
        let number = self.number(length)?;
        self.stack.push(Value::Number(number));
        Ok(())
    }

    fn text(&mut self, length: usize) -> Result<String> {
        let bytes = self.take(length)?.to_vec();
        String::from_utf8(bytes).map_err(|_| malformed())
    }

    fn push_text(&mut self, digits: usize) -> Result<()> {
        let length = self.number(digits)?;
        let text = self.text(length)?;
        self.stack.push(Value::Text(text));
        Ok(())
    }

    fn line(&mut self) -> Result<String> {
        let end = self.program.iter().position(|byte| *byte == b'\n');
        let line = self.text(end.ok_or_else(malformed)?)?;
        self.take(1)?;
        Ok(line)
    }

    fn pop(&mut self) -> Result<Value> {
        self.stack.pop().ok_or_else(malformed)
    }

    fn above_mark(&mut self) -> Result<Vec<Value>> {
        let mark = self.marks.pop().ok_or_else(malformed)?;
        if mark > self.stack.len() {
            return Err(malformed());
        }
        Ok(self.stack.split_off(mark))
    }

    fn push_tuple(&mut self, length: usize) -> Result<()> {
        let from = self.stack.len().checked_sub(length).ok_or_else(malformed)?;
        let parts = self.stack.split_off(from);
        self.push(Value::Tuple(parts))
    }

    /// Pushes a value with others in it, which tensors need few levels of.
    fn push(&mut self, value: Value) -> Result<()> {
        if value.depth() > MAX_DEPTH {
            return Err(malformed());
        }
        self.stack.push(value);
        Ok(())
    }

    fn remember(&mut self, digits: usize) -> Result<()> {
        let place = self.number(digits)?;
        self.remember_at(place)
    }

    fn remember_at(&mut self, place: usize) -> Result<()> {
        let value = self.stack.last().ok_or_else(malformed)?;
        // Nothing that holds what holds others, whose copies would grow without end.
        let is_small = value.depth() <= 1 && !matches!(value, Value::Dictionary(_));
        let value = if is_small {
            value.clone()
        } else {
            Value::Nothing
        };
        self.memo.insert(place, value);
        Ok(())
    }

    fn recall(&mut self, digits: usize) -> Result<()> {
        let place = self.number(digits)?;
        let value = self.memo.get(&place).ok_or_else(malformed)?.clone();
        self.stack.push(value);
        Ok(())
    }

    /// A reference to numbers: the word "storage", their kind, the file, the device and their count.
    fn storage(&mut self) -> Result<()> {
        let Value::Tuple(parts) = self.pop()? else {
            return Err(malformed());
        };
        let [_, Value::Global(kind), Value::Text(key), ..] = parts.as_slice() else {
            return Err(malformed());
        };
        let dtype = match kind.as_str() {
            "torch.FloatStorage" => Some(Dtype::F32),
            "torch.HalfStorage" => Some(Dtype::F16),
            "torch.BFloat16Storage" => Some(Dtype::BF16),
            kind if kind.starts_with("torch.") && kind.ends_with("Storage") => None,
            other => return Err(refused(other)),
        };
        let key = key.clone();
        self.stack.push(Value::Storage(Storage { dtype, key }));
        Ok(())
    }

    fn call(&mut self) -> Result<()> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let (Value::Tuple(arguments), Value::Global(function)) = (arguments, function) else {
            return Err(malformed());
        };
        let made = match (function.as_str(), arguments.as_slice()) {
            ("collections.OrderedDict", []) => Value::Dictionary(Vec::new()),
            (
                "torch._utils._rebuild_tensor_v2",
                [
                    Value::Storage(storage),
                    Value::Number(offset),
                    Value::Tuple(shape),
                    Value::Tuple(stride),
                    ..,
                ],
            ) => Value::Tensor(Stored {
                dtype: storage.dtype,
                key: storage.key.clone(),
                offset: *offset,
                shape: numbers(shape)?,
                stride: numbers(stride)?,
            }),
            ("torch._utils._rebuild_parameter", [tensor @ Value::Tensor(_), ..]) => tensor.clone(),
            (other, _) => return Err(refused(other)),
        };
        self.stack.push(made);
        Ok(())
    }

    /// Adds keys and values, in turn, to the table on the stack.
    fn add(&mut self, entries: Vec<Value>) -> Result<()> {
        let Some(Value::Dictionary(table)) = self.stack.last_mut() else {
            return Err(malformed());
        };
        let mut entries = entries.into_iter();
        while let Some(key) = entries.next() {
            let value = entries.next().ok_or_else(malformed)?;
            if value.depth() >= MAX_DEPTH {
                return Err(malformed());
            }
            if let Value::Text(key) = key {
                table.push((key, value));
            }
        }
        Ok(())
    }
}

fn numbers(values: &[Value]) -> Result<Vec<usize>> {
    let number = |value: &Value| match value {
        Value::Number(number) => Ok(*number),
        _ => Err(malformed()),
    };
    values.iter().map(number).collect()
}

fn malformed() -> Error {
    unusable("its pickle is damaged")
}

fn refused(what: &str) -> Error {
    let what: String = what.chars().take(80).collect();
    unusable(format!(
        "its pickle calls {what:?}, which no tensors need; nothing was run"
    ))
}

#[cfg(test)]
mod tests;
