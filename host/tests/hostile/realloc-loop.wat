;; Computes for ever when the gateway asks it for room for the query.
(core module $core
  (import "host" "text" (func $text (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32)
    (loop $for-ever (br $for-ever))
    (unreachable))
  (func (export "respond") (param i32) (result i32) (i32.const 64))
  (func (export "settings") (result i32) (i32.const 64))
  (func (export "feedback") (param i32 i32 i32 i32 i32 i32 i32 i32))
  (func (export "reaction") (param i32 i32 i32 i32 i32 i32 i32 i32))
  (func (export "error") (param i32 i32 i32 i32)))
(core instance $bot (instantiate $core (with "host" (instance $bridge))))
