;; LZW of TIFF 6.0 section 13: codes of 9 to 12 bits, most significant bit first, widening one code early.
(module
  (memory (export "memory") 1)

  ;; Decodes until the output is full, the input ends, the end code comes or a code makes no sense, and returns how far the output got.
  ;; The table lies at 0: 8 bytes for each of 4,096 codes and one to spare, where its string stands and its length. Strings of bytes stand
  ;; behind it, one each; all others stand in the output, where they were last written, so nothing is kept twice. So there is one way for all
  ;; strings: what a code is cannot be foreseen, and a processor that guessed wrong has lost more time than a copy takes.
  ;; Four bytes after $inputEnd and sixteen after $outputEnd must exist: both are gone through in larger steps.
  (func (export "decodeLzw")
    (param $input i32) (param $inputEnd i32) (param $output i32) (param $outputEnd i32)
    (result i32)
    (local $bits i64) (local $bitCount i32) (local $codeBits i32) (local $word i32)
    (local $code i32) (local $nextCode i32) (local $entry i32)
    (local $previous i32) (local $length i32)
    (local $from i32) (local $to i32) (local $end i32)
    (loop $bytes
      (local.set $entry (i32.shl (local.get $code) (i32.const 3)))
      (i32.store8 offset=32776 (local.get $code) (local.get $code))
      (i32.store (local.get $entry) (i32.add (local.get $code) (i32.const 32776)))
      (i32.store offset=4 (local.get $entry) (i32.const 1))
      (local.set $code (i32.add (local.get $code) (i32.const 1)))
      (br_if $bytes (i32.lt_u (local.get $code) (i32.const 256))))
    (local.set $codeBits (i32.const 9))
    ;; The code that is made while another one is read. Before the first one there is nothing to make it of: 257 has another meaning anyway.
    (local.set $nextCode (i32.const 257))
    (block $done
      (loop $codes
        (br_if $done (i32.ge_u (local.get $output) (local.get $outputEnd)))
        (if (i32.lt_u (local.get $bitCount) (local.get $codeBits))
          (then
            ;; Four bytes, the first one highest. Those after the input's end are none: they make a code that is not used below.
            (local.set $word (i32.load (local.get $input)))
            (local.set $bits
              (i64.or
                (i64.shl (local.get $bits) (i64.const 32))
                (i64.extend_i32_u
                  (i32.or
                    (i32.and (i32.rotl (local.get $word) (i32.const 8)) (i32.const 0x00ff00ff))
                    (i32.and (i32.rotr (local.get $word) (i32.const 8)) (i32.const 0xff00ff00))))))
            (local.set $input (i32.add (local.get $input) (i32.const 4)))
            (local.set $bitCount (i32.add (local.get $bitCount) (i32.const 32)))))
        (local.set $bitCount (i32.sub (local.get $bitCount) (local.get $codeBits)))
        (local.set $code
          (i32.and
            (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.extend_i32_u (local.get $bitCount))))
            (i32.sub (i32.shl (i32.const 1) (local.get $codeBits)) (i32.const 1))))
        (if (i32.gt_u (local.get $input) (local.get $inputEnd))
          (then
            (br_if $done
              (i32.lt_s
                (local.get $bitCount)
                (i32.shl (i32.sub (local.get $input) (local.get $inputEnd)) (i32.const 3))))))

        (if (i32.eq (i32.and (local.get $code) (i32.const 0xffe)) (i32.const 256))
          (then
            (br_if $done (i32.eq (local.get $code) (i32.const 257)))
            (local.set $codeBits (i32.const 9))
            (local.set $nextCode (i32.const 257))
            (br $codes)))
        (br_if $done (i32.gt_u (local.get $code) (local.get $nextCode)))

        ;; The string of the new code is the previous one and the first byte of this one, which will stand behind it.
        (local.set $entry (i32.shl (local.get $nextCode) (i32.const 3)))
        (i32.store (local.get $entry) (local.get $previous))
        (i32.store offset=4 (local.get $entry) (i32.add (local.get $length) (i32.const 1)))

        (local.set $entry (i32.shl (local.get $code) (i32.const 3)))
        (local.set $from (i32.load (local.get $entry)))
        (local.set $length (i32.load offset=4 (local.get $entry)))
        (local.set $to (local.get $output))
        (local.set $end (i32.add (local.get $output) (local.get $length)))
        (if (i32.gt_u (local.get $end) (local.get $outputEnd))
          (then (local.set $end (local.get $outputEnd))))
        (loop $copy
          (v128.store (local.get $to) (v128.load (local.get $from)))
          (local.set $from (i32.add (local.get $from) (i32.const 16)))
          (local.set $to (i32.add (local.get $to) (i32.const 16)))
          (br_if $copy (i32.lt_u (local.get $to) (local.get $end))))
        (if (i32.eq (local.get $code) (local.get $nextCode))
          (then
            ;; Its last byte was not there yet when it was copied.
            (i32.store8
              (i32.sub (local.get $end) (i32.const 1))
              (i32.load8_u
                (i32.add
                  (local.get $previous)
                  (i32.sub (i32.sub (local.get $end) (i32.const 1)) (local.get $output)))))))

        (local.set $nextCode (i32.add (local.get $nextCode) (i32.lt_u (local.get $nextCode) (i32.const 4096))))
        (local.set $codeBits
          (i32.add
            (local.get $codeBits)
            (i32.and
              (i32.ge_u (i32.add (local.get $nextCode) (i32.const 1)) (i32.shl (i32.const 1) (local.get $codeBits)))
              (i32.lt_u (local.get $codeBits) (i32.const 12)))))
        (local.set $previous (local.get $output))
        (local.set $output (i32.add (local.get $output) (local.get $length)))
        (br $codes)))
    (if (i32.gt_u (local.get $output) (local.get $outputEnd))
      (then (local.set $output (local.get $outputEnd))))
    (local.get $output)))
