//! Tells cargo that the program contains the migrations.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
