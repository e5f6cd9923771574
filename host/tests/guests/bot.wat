;; A bot whose core module is hand-written, for attacks that no compiler would write.
;;
;; The harness puts the module and its instance `$bot` where the word CORE stands. The module imports
;; `host` `text` (pointer, length, place for the answer) from `$bridge` and exports `memory`, `realloc`,
;; `respond`, `settings`, `feedback`, `reaction` and `error` as the canonical ABI wants them.
(component
  ;; What the bot imports: of `reply`, only `text`.
  (type $reply-type (instance
    (type $stopped' (variant
      (case "too-long") (case "ended") (case "gone")
      (case "invalid" string) (case "other" string)))
    (export "stopped" (type $stopped (eq $stopped')))
    (type $answer (result (error $stopped)))
    (type $text (func (param "text" string) (result $answer)))
    (export "text" (func (type $text)))))
  (import "ravenry:bot/reply@0.1.0" (instance $reply (type $reply-type)))

  ;; The vocabulary, as far as the functions below need it.
  (type $types-type (instance
    (type $json' string)
    (export "json-text" (type $json (eq $json')))
    (type $user' (record (field "id" string) (field "name" (option string))))
    (export "user" (type $user (eq $user')))
    (type $sender' (record (field "id" (option string)) (field "name" (option string))))
    (export "sender" (type $sender (eq $sender')))
    (type $message-feedback' (record
      (field "feedback-type" string) (field "reason" (option string))))
    (export "message-feedback" (type $message-feedback (eq $message-feedback')))
    (type $message-reaction' (record (field "user-id" string) (field "reaction" string)))
    (export "message-reaction" (type $message-reaction (eq $message-reaction')))
    (type $attachment' (record
      (field "url" string) (field "content-type" string) (field "name" string)
      (field "inline-ref" (option string)) (field "parsed-content" (option string))))
    (export "attachment" (type $attachment (eq $attachment')))
    (type $message' (record
      (field "role" string) (field "content" string)
      (field "message-type" (option string)) (field "content-type" string)
      (field "timestamp" s64) (field "message-id" string)
      (field "sender" (option $sender))
      (field "feedback" (list $message-feedback))
      (field "attachments" (list $attachment))
      (field "parameters" $json) (field "metadata" (option string))
      (field "referenced-message" (option u32))
      (field "reactions" (list $message-reaction))))
    (export "message" (type $message (eq $message')))
    (type $query' (record
      (field "version" string)
      (field "messages" (list $message)) (field "referenced-messages" (list $message))
      (field "user-id" string) (field "conversation-id" string) (field "message-id" string)
      (field "metadata" string) (field "temperature" (option f64))
      (field "skip-system-prompt" bool)
      (field "logit-bias" (list (tuple string f64)))
      (field "stop-sequences" (list string)) (field "language-code" string)
      (field "adopt-current-bot-name" (option bool)) (field "bot-query-id" string)
      (field "users" (list $user)) (field "tools" (option $json))
      (field "tool-calls" (option $json)) (field "tool-results" (option $json))
      (field "query-creation-time" (option s64)) (field "extra-params" (option $json))))
    (export "query" (type $query (eq $query')))
    (type $failure' (record
      (field "text" (option string)) (field "allow-retry" bool)
      (field "error-type" (option string))))
    (export "failure" (type $failure (eq $failure')))
    (type $settings' (record
      (field "server-bot-dependencies" (list (tuple string u32)))
      (field "allow-attachments" (option bool))
      (field "expand-text-attachments" (option bool))
      (field "enable-image-comprehension" (option bool))
      (field "introduction-message" (option string))
      (field "enforce-author-role-alternation" (option bool))
      (field "enable-multi-entity-prompting" (option bool))
      (field "rate-card" (option string)) (field "cost-label" (option string))
      (field "parameter-controls" (option $json)) (field "extra" (option $json))))
    (export "bot-settings" (type $settings (eq $settings')))
    (type $feedback' (record
      (field "message-id" string) (field "user-id" string)
      (field "conversation-id" string) (field "feedback-type" string)))
    (export "feedback" (type $feedback (eq $feedback')))
    (type $reaction' (record
      (field "message-id" string) (field "user-id" string)
      (field "conversation-id" string) (field "reaction" string)))
    (export "reaction" (type $reaction (eq $reaction')))
    (type $error-report' (record (field "message" string) (field "metadata" $json)))
    (export "error-report" (type $error-report (eq $error-report')))))
  (import "ravenry:bot/types@0.1.0" (instance $types (type $types-type)))
  (alias export $types "query" (type $query))
  (alias export $types "failure" (type $failure))
  (alias export $types "bot-settings" (type $settings))
  (alias export $types "feedback" (type $feedback))
  (alias export $types "reaction" (type $reaction))
  (alias export $types "error-report" (type $error-report))

  ;; `text` needs the memory of a module that needs `text`: a table in between breaks the circle.
  (core module $bridge
    (type $text (func (param i32 i32 i32)))
    (table (export "table") 1 1 funcref)
    (func (export "text") (type $text)
      (call_indirect (type $text) (local.get 0) (local.get 1) (local.get 2) (i32.const 0))))
  (core instance $bridge (instantiate $bridge))

  ;; CORE
  (alias core export $bot "memory" (core memory $memory))
  (alias core export $bot "realloc" (core func $realloc))
  (alias export $reply "text" (func $text))
  (core func $lowered (canon lower (func $text) (memory $memory) (realloc $realloc)))
  (core module $fill
    (import "" "text" (func $text (param i32 i32 i32)))
    (import "" "table" (table 1 1 funcref))
    (elem (i32.const 0) func $text))
  (alias core export $bridge "table" (core table $table))
  (core instance (instantiate $fill (with "" (instance
    (export "text" (func $lowered)) (export "table" (table $table))))))

  (func $respond (param "query" $query) (result (result (error $failure)))
    (canon lift (core func $bot "respond") (memory $memory) (realloc $realloc)))
  (func $settings-call (result $settings)
    (canon lift (core func $bot "settings") (memory $memory) (realloc $realloc)))
  (func $on-feedback (param "feedback" $feedback)
    (canon lift (core func $bot "feedback") (memory $memory) (realloc $realloc)))
  (func $on-reaction (param "reaction" $reaction)
    (canon lift (core func $bot "reaction") (memory $memory) (realloc $realloc)))
  (func $on-error (param "report" $error-report)
    (canon lift (core func $bot "error") (memory $memory) (realloc $realloc)))
  (instance $handler
    (export "respond" (func $respond))
    (export "settings" (func $settings-call))
    (export "on-feedback" (func $on-feedback))
    (export "on-reaction" (func $on-reaction))
    (export "on-error" (func $on-error)))
  (export "ravenry:bot/handler@0.1.0" (instance $handler)))
