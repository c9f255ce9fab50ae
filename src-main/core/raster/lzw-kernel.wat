;; LZW of TIFF 6.0 section 13: codes of 9 to 12 bits, most significant bit first, widening one code early.
(module
  (memory (export "memory") 1)

  ;; Decodes until the output is full, the input ends, the end code comes or a code makes no sense, and returns how far the output got.
  ;; The table lies at 0: 8 bytes for each of 4,096 codes, where its string stands in the output and its length. A string is where it was
  ;; last written, so nothing is kept twice. Eight bytes after $outputEnd must exist: strings are copied in steps of eight.
  (func (export "decodeLzw")
    (param $input i32) (param $inputEnd i32) (param $output i32) (param $outputEnd i32)
    (result i32)
    (local $bits i32) (local $bitCount i32) (local $codeBits i32)
    (local $code i32) (local $nextCode i32)
    (local $previous i32) (local $previousLength i32)
    (local $from i32) (local $to i32) (local $length i32) (local $end i32)
    (local.set $codeBits (i32.const 9))
    (local.set $nextCode (i32.const 258))
    (block $done
      (loop $codes
        (br_if $done (i32.ge_u (local.get $output) (local.get $outputEnd)))
        (block $filled
          (loop $fill
            (br_if $filled (i32.ge_u (local.get $bitCount) (local.get $codeBits)))
            (br_if $done (i32.ge_u (local.get $input) (local.get $inputEnd)))
            (local.set $bits (i32.or (i32.shl (local.get $bits) (i32.const 8)) (i32.load8_u (local.get $input))))
            (local.set $input (i32.add (local.get $input) (i32.const 1)))
            (local.set $bitCount (i32.add (local.get $bitCount) (i32.const 8)))
            (br $fill)))
        (local.set $bitCount (i32.sub (local.get $bitCount) (local.get $codeBits)))
        (local.set $code
          (i32.and
            (i32.shr_u (local.get $bits) (local.get $bitCount))
            (i32.sub (i32.shl (i32.const 1) (local.get $codeBits)) (i32.const 1))))

        (if (i32.eq (local.get $code) (i32.const 256))
          (then
            (local.set $codeBits (i32.const 9))
            (local.set $nextCode (i32.const 258))
            (local.set $previousLength (i32.const 0))
            (br $codes)))
        (br_if $done (i32.eq (local.get $code) (i32.const 257)))

        (local.set $to (local.get $output))
        (if (i32.lt_u (local.get $code) (i32.const 256))
          (then
            (local.set $length (i32.const 1))
            (i32.store8 (local.get $output) (local.get $code)))
          (else
            (br_if $done (i32.gt_u (local.get $code) (local.get $nextCode)))
            (br_if $done (i32.eqz (local.get $previousLength)))
            (if (i32.eq (local.get $code) (local.get $nextCode))
              (then
                ;; The code about to be made: the previous string and its own first byte.
                (local.set $from (local.get $previous))
                (local.set $length (i32.add (local.get $previousLength) (i32.const 1))))
              (else
                (local.set $from (i32.load (i32.shl (local.get $code) (i32.const 3))))
                (local.set $length (i32.load offset=4 (i32.shl (local.get $code) (i32.const 3))))))
            (local.set $end (i32.add (local.get $output) (local.get $length)))
            (if (i32.gt_u (local.get $end) (local.get $outputEnd))
              (then (local.set $end (local.get $outputEnd))))
            (loop $copy
              (i64.store (local.get $to) (i64.load (local.get $from)))
              (local.set $from (i32.add (local.get $from) (i32.const 8)))
              (local.set $to (i32.add (local.get $to) (i32.const 8)))
              (br_if $copy (i32.lt_u (local.get $to) (local.get $end))))
            (if (i32.eq (local.get $code) (local.get $nextCode))
              (then
                ;; Its last byte was not there yet when it was copied.
                (i32.store8
                  (i32.sub (local.get $end) (i32.const 1))
                  (i32.load8_u
                    (i32.add
                      (local.get $previous)
                      (i32.sub (i32.sub (local.get $end) (i32.const 1)) (local.get $output)))))))))

        (if (i32.and (i32.ne (local.get $previousLength) (i32.const 0)) (i32.lt_u (local.get $nextCode) (i32.const 4096)))
          (then
            (i32.store (i32.shl (local.get $nextCode) (i32.const 3)) (local.get $previous))
            (i32.store offset=4
              (i32.shl (local.get $nextCode) (i32.const 3))
              (i32.add (local.get $previousLength) (i32.const 1)))
            (local.set $nextCode (i32.add (local.get $nextCode) (i32.const 1)))
            (if
              (i32.and
                (i32.ge_u (i32.add (local.get $nextCode) (i32.const 1)) (i32.shl (i32.const 1) (local.get $codeBits)))
                (i32.lt_u (local.get $codeBits) (i32.const 12)))
              (then (local.set $codeBits (i32.add (local.get $codeBits) (i32.const 1)))))))
        (local.set $previous (local.get $output))
        (local.set $previousLength (local.get $length))
        (local.set $output (i32.add (local.get $output) (local.get $length)))
        (br $codes)))
    (if (i32.gt_u (local.get $output) (local.get $outputEnd))
      (then (local.set $output (local.get $outputEnd))))
    (local.get $output)))
