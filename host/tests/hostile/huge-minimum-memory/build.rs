//! Hands the size of the memory to the linker.

fn main() {
    println!("cargo::rustc-link-arg=--initial-memory=1073741824");
}
