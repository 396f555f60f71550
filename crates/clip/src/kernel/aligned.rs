//! Memory whose start is the start of a line of the cache, so that no register is read from two lines.

/// Bytes of a line.
const LINE: usize = 64;

/// Numbers from the start of a line on.
#[derive(Debug, Default)]
pub(super) struct Aligned<T> {
    memory: Vec<T>,
    first: usize,
    length: usize,
}

impl<T: Copy + Default> Aligned<T> {
    /// Makes room for `length` numbers, and returns it. What is in it may be anything that was in it
    /// before.
    pub(super) fn resize(&mut self, length: usize) -> &mut [T] {
        let more = LINE / size_of::<T>();
        if self.memory.len() < length + more {
            self.memory.resize(length + more, T::default());
            // Where memory has no addresses, as in an interpreter, it need not be aligned.
            self.first = self.memory.as_ptr().align_offset(LINE).min(more);
        }
        self.length = length;
        &mut self.memory[self.first..][..length]
    }

    pub(super) fn get(&self) -> &[T] {
        &self.memory[self.first..][..self.length]
    }

    pub(super) fn get_mut(&mut self) -> &mut [T] {
        &mut self.memory[self.first..][..self.length]
    }
}
