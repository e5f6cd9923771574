;; Says a word, then grows a table until it is refused, and then all over again.
(core module $core
  (import "host" "text" (func $text (param i32 i32 i32)))
  (memory (export "memory") 17)
  (table $hoard 1 funcref)
  (data (i32.const 0) "x")
  (global $free (mut i32) (i32.const 65536))
  (func (export "realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $free))
    (global.set $free (i32.and
      (i32.add (i32.add (global.get $free) (local.get 3)) (i32.const 15))
      (i32.const -16)))
    (local.get $at))
  (func (export "respond") (param i32) (result i32)
    (call $text (i32.const 0) (i32.const 1) (i32.const 16))
    (loop $again
      (drop (table.grow $hoard (ref.null func) (i32.const 1000)))
      (br $again))
    (i32.const 64))
  (func (export "settings") (result i32) (i32.const 64))
  (func (export "feedback") (param i32 i32 i32 i32 i32 i32 i32 i32))
  (func (export "reaction") (param i32 i32 i32 i32 i32 i32 i32 i32))
  (func (export "error") (param i32 i32 i32 i32)))
