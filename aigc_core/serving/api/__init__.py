"""What pages, board and scripts may call: plain values in and out, and no torch. Mistakes raise `AigcError`."""
